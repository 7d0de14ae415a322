// The small parts that rows are made of. What others wrote only ever becomes text nodes.

const LINK = /https?:\/\/[^\s<>"\u200b-\u200f\u202a-\u202e\u2066-\u2069]+/gi;

/** The element of the page with this id. */
export const $ = (id) => document.getElementById(id);

export function element(tag, className, ...content) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...content);
  return made;
}

/** A name: isolated, so that its direction of writing disturbs nothing around it. */
export function name(nick, user = "") {
  const made = element("bdi", "name", nick);
  if (user) made.style.setProperty("--hue", hue(user));
  return made;
}

/** A colour for a user, the same everywhere. */
function hue(user) {
  let sum = 0;
  for (const character of user) sum = (sum * 31 + character.codePointAt(0)) % 65_521;
  return (sum * 137.5) % 360;
}

/** Text, its http and https addresses as links. */
export function linked(text) {
  const made = element("span", "text");
  made.dir = "auto";
  let end = 0;
  for (const { 0: found, index } of text.matchAll(LINK)) {
    const address = found.replace(/[.,:;!?'")\]}]+$/, "");
    if (!URL.canParse(address)) continue;
    const link = element("a", "", address);
    Object.assign(link, { href: address, target: "_blank", rel: "noopener noreferrer" });
    made.append(text.slice(end, index), link);
    end = index + address.length;
  }
  made.append(text.slice(end));
  return made;
}

export function clock(time) {
  const date = new Date(time);
  const made = element("time", "", date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  made.dateTime = date.toISOString();
  made.title = date.toLocaleString([], { dateStyle: "full", timeStyle: "long" });
  return made;
}
