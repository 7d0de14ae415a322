// What the page is made of: names, times, texts, and messages with what was done to them. What
// others wrote only ever becomes text nodes.

const LINK = /https?:\/\/[^\s<>"\u200b-\u200f\u202a-\u202e\u2066-\u2069]+/gi;

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

/** Who said what: the part of a row after its time. */
export function said({ room, from, user, text, via, edited, deleted }, mine) {
  const action = text.startsWith("/me ");
  const made = element("p", action ? "action" : "");
  made.append(name(from, user));
  if (room.startsWith("@")) {
    const other = mine ? ["to ", element("bdi", "", room.slice(1))] : ["to you"];
    made.append(" ", element("small", "", ...other));
  }
  if (via) made.append(" ", element("small", "", `via ${via}`));
  if (deleted) made.append(" ", element("small", "", "deleted"));
  else made.append(" ", linked(action ? text.slice(4) : text));
  if (edited && !deleted) made.append(" ", element("small", "", "edited"));
  return made;
}

/** A message in its row, as it is now. */
export class Message {
  #entry;
  #mine;
  #reactions = new Map(); // text: the ids of who reacted so
  #shown = element("div", "reactions");

  constructor(entry, mine) {
    this.#entry = entry;
    this.#mine = mine;
    this.row = element("li", "message", clock(entry.time), said(entry, mine), this.#shown);
    this.row.classList.toggle("mine", mine);
    this.row.classList.toggle("private", entry.room.startsWith("@"));
  }

  /** Somebody edited or deleted it, or reacted to it. */
  change(deed) {
    if (deed.react !== undefined) this.#react(deed);
    else if (deed.delete !== undefined || deed.deleted) this.#become({ deleted: true });
    else this.#become({ text: deed.text, edited: deed.time });
  }

  #become(change) {
    this.#entry = { ...this.#entry, ...change };
    this.row.querySelector("p").replaceWith(said(this.#entry, this.#mine));
  }

  #react({ text, user, active = true }) {
    const users = this.#reactions.get(text) ?? new Set();
    if (active) users.add(user);
    else users.delete(user);
    this.#reactions.set(text, users);
    const some = [...this.#reactions].filter(([, { size }]) => size > 0);
    this.#shown.replaceChildren(
      ...some.map(([one, { size }]) => element("small", "", element("bdi", "", one), ` ${size}`)),
    );
  }
}
