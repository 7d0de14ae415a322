// The page: shows what `Chat` tells and takes what is typed.

import { Chat } from "./client.js";
import { Message, clock, element, linked, name, said } from "./rows.js";

const ROWS = 500; // kept in the document
const NAMES = 200; // of those who are here
const NEAR = 48; // pixels from the end that count as reading the newest
const HELP =
  "Commands: /nick NAME, /join ROOM, /topic TEXT, /msg NAME TEXT, /me TEXT. " +
  "// says a line that starts with a slash. Shift and Enter begin a new line.";

const BLOCKED = "Something on the way to the server blocks WebSockets. Instead, messages";
const WAYS = {
  websocket: "Messages come and go over a WebSocket",
  "xhr-streaming": `${BLOCKED} come in one long answer to a request`,
  eventsource: `${BLOCKED} come in one long answer to a request, as server-sent events`,
  "xhr-polling": `${BLOCKED} come in the answers to many requests`,
  "jsonp-polling": `${BLOCKED} come in the answers to many requests, as scripts`,
};

const $ = (id) => document.getElementById(id);

class Page {
  #shown = new Map(); // user and msgid: the message
  #pending = new Map(); // msgid: the row
  #day = "";
  #unread = 0;
  #room = "";

  // -- what the chat tells

  status(state, reason = "") {
    const words = {
      connecting: "connecting…",
      connected: "connected",
      waiting: "reconnecting…",
      stopped: "disconnected",
    };
    $("status").dataset.state = state;
    $("status").textContent = words[state];
    $("status").title = reason;
    $("transport").hidden = state !== "connected";
    $("again").hidden = state !== "stopped";
    if (state === "stopped" && reason) this.error(reason);
  }

  /** Connected, and in the room; `transport` is what gets through to the server. */
  connected(transport) {
    this.status("connected");
    $("transport").textContent = transport;
    $("transport").title = WAYS[transport];
  }

  named(nick) {
    $("me").hidden = false;
    $("me").firstElementChild.textContent = nick;
  }

  askName(problem = "", cancel = false) {
    $("naming-problem").textContent = problem;
    $("cancel").hidden = !cancel;
    $("enter").textContent = cancel ? "Take it" : "Come in";
    if (!$("naming").open) $("naming").showModal();
    $("name").select();
  }

  entered({ room, topic, count }, members) {
    if (room !== this.#room) this.#clear();
    this.#room = room;
    $("room").textContent = `#${room}`;
    $("topic").textContent = topic;
    this.#title();
    this.people(members, count);
  }

  gap(anew) {
    const why = anew ? "The server's history began anew" : "What was said here is no longer kept";
    this.#notice("gap", why);
  }

  people(members, count) {
    const names = [...members].sort(([, one], [, other]) => one.localeCompare(other));
    $("count").textContent = `${count} here`;
    const rows = names.slice(0, NAMES).map(([user, nick]) => element("li", "", name(nick, user)));
    if (names.length > NAMES) rows.push(element("li", "", `and ${names.length - NAMES} more`));
    $("people").replaceChildren(...rows);
  }

  moved({ type, nick, user, reason }) {
    const why = ["", "left", "closed", "quit"].includes(reason) ? "" : ` (${reason})`;
    this.#notice("", name(nick, user), type === "join" ? " joined" : ` left${why}`);
  }

  renamed(from, nick, own) {
    this.#notice("", ...(own ? ["you are"] : [name(from), " is"]), " now called ", name(nick));
  }

  topic(text, from) {
    $("topic").textContent = text;
    this.#notice("", name(from), ...(text ? [" set the topic: ", linked(text)] : [" removed the topic"]));
  }

  typing(people) {
    const names = people.slice(0, 3).flatMap(({ nick }) => [", ", name(nick)]).slice(1);
    if (people.length > 3) names.push(" and others");
    if (people.length > 0) names.push(people.length > 1 ? " are typing…" : " is typing…");
    $("typing").replaceChildren(...names);
  }

  /** Something was said, or done to what was said before: to that, if it is still here. */
  message(entry, mine) {
    const target = entry.edit ?? entry.delete ?? entry.react;
    if (target !== undefined) {
      this.#shown.get(`${entry.of} ${target}`)?.change(entry);
      return;
    }
    const key = `${entry.user} ${entry.msgid}`;
    if (this.#shown.has(key)) return;
    const message = new Message(entry, mine);
    message.row.dataset.key = key;
    this.#shown.set(key, message);
    this.#newDay(new Date(entry.time));
    this.#append(message.row);
    if (document.hidden && !mine) this.#unread++;
    this.#title();
  }

  /** What one said and the server has not confirmed. */
  pending({ msgid, room, text, time }, from) {
    const entry = { room, from, user: "", text };
    const row = element("li", "message mine pending", clock(time), said(entry, true));
    this.#pending.set(msgid, row);
    $("pending").append(row);
    this.newest();
  }

  settled(msgid) {
    this.#pending.get(msgid)?.remove();
    this.#pending.delete(msgid);
  }

  failed({ text }, why) {
    this.#notice("error", `Not sent, ${why}: `, linked(text));
  }

  error(message) {
    this.#notice("error", message);
  }

  help() {
    this.#notice("", HELP);
  }

  // -- the log

  #notice(kind, ...content) {
    const now = new Date();
    this.#newDay(now);
    this.#append(element("li", `notice ${kind}`, clock(now), element("p", "", ...content)));
  }

  #newDay(date) {
    if (date.toDateString() === this.#day) return;
    this.#day = date.toDateString();
    const words = date.toLocaleDateString([], { dateStyle: "full" });
    this.#append(element("li", "notice day", element("p", "", words)));
  }

  #append(row) {
    const talk = $("talk");
    const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < NEAR;
    $("log").append(row);
    while ($("log").childElementCount > ROWS) {
      this.#shown.delete($("log").firstElementChild.dataset.key);
      $("log").firstElementChild.remove();
    }
    if (atEnd) this.newest();
    else $("newer").hidden = false;
  }

  newest() {
    $("newer").hidden = true;
    $("talk").scrollTop = $("talk").scrollHeight;
  }

  #clear() {
    $("log").replaceChildren();
    this.#shown.clear();
    this.#day = "";
  }

  #title() {
    document.title = `${this.#unread ? `(${this.#unread}) ` : ""}#${this.#room} - rabbitchat`;
  }

  seen() {
    this.#unread = 0;
    this.#title();
  }
}

// -- what is typed

const page = new Page();
const chat = new Chat(page);

// A name that the server refuses would leave one in no room at all.
const ROOM = /^#?[\p{L}\p{N}\p{M}_-]{1,64}$/u;
const NO_ROOM = "/join ROOM: letters, digits, - and _. To talk with one person: /msg NAME TEXT";

const COMMANDS = {
  nick: (nick) => chat.rename(nick),
  join: (room) => {
    if (!ROOM.test(room)) wrong(NO_ROOM);
    go(room.replace(/^#/, ""));
  },
  topic: (text) => chat.setTopic(text),
  msg: (text) => {
    const [, nick, rest] = text.match(/^@?(\S+)\s+(\S[^]*)$/) ?? wrong("/msg NAME TEXT");
    say(rest, `@${nick}`);
  },
  me: (text) => say(text === "" ? wrong("/me TEXT") : `/me ${text}`),
  help: () => page.help(),
};

function wrong(why) {
  throw new Error(why);
}

/** Do what was typed. Rejects with the reason why that can't be done. */
async function enter(text) {
  const [, command, rest] = text.match(/^\/([^\s/]\S*)\s*([^]*)$/) ?? [];
  if (command === undefined) say(text.replace(/^\/\//, "/"));
  else if (Object.hasOwn(COMMANDS, command)) await COMMANDS[command](rest);
  else wrong(`There is no /${command}. ${HELP}`);
}

function say(text, room) {
  const length = [...text].length;
  if (chat.longest && length > chat.longest) {
    wrong(`A message has at most ${chat.longest} characters; this one has ${length}`);
  }
  chat.say(text, room);
}

/** The room that the address names: #/room/NAME. */
function addressed() {
  const [, room] = location.hash.match(/^#\/room\/(.+)$/) ?? [];
  try {
    const name = decodeURIComponent(room ?? "lobby");
    if (ROOM.test(name)) return name;
    page.error(NO_ROOM);
    return "lobby";
  } catch {
    return "lobby";
  }
}

function go(room) {
  location.hash = `/room/${encodeURIComponent(room)}`;
}

$("say").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = $("text");
  const text = field.value.trimEnd();
  field.value = "";
  field.focus();
  if (text.trim() === "") return;
  enter(text).catch(({ message }) => {
    page.error(message);
    field.value ||= text;
  });
});

$("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("say").requestSubmit();
});

$("text").addEventListener("input", ({ target: { value } }) => {
  chat.typed(value.trim() !== "" && (!value.startsWith("/") || value.startsWith("//")));
});

$("naming").addEventListener("submit", (event) => {
  event.preventDefault();
  const nick = $("name").value.trim();
  const close = () => {
    $("naming").close();
    $("text").focus();
  };
  if ($("cancel").hidden) {
    close();
    chat.start(nick);
  } else {
    chat.rename(nick).then(close, ({ message }) => page.askName(message, true));
  }
});

// Without a name there is nothing behind the question.
$("naming").addEventListener("cancel", (event) => {
  if ($("cancel").hidden) event.preventDefault();
});
$("cancel").addEventListener("click", () => $("naming").close());
$("me").addEventListener("click", () => {
  $("name").value = chat.nick;
  page.askName("", true);
});

$("newer").addEventListener("click", () => page.newest());
$("again").addEventListener("click", () => chat.start());
addEventListener("resize", () => page.newest());
addEventListener("hashchange", () => chat.enter(addressed()));
addEventListener("online", () => chat.wake());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  page.seen();
  chat.wake();
});

chat.enter(addressed());
if (chat.nick) chat.start();
else page.askName();
