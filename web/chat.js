// What is typed and pressed on the page.

import { Actions } from "./actions.js";
import { Chat } from "./client.js";
import { $ } from "./elements.js";
import { Page } from "./page.js";

const HELP =
  "Commands: /nick NAME, /join ROOM, /topic TEXT, /msg NAME TEXT, /me TEXT. " +
  "// says a line that starts with a slash. Shift and Enter begin a new line.";

let chat = null; // it shows what it kept before it can hear that this was seen
const page = new Page(() => chat?.seen());
chat = new Chat(page);
const actions = new Actions((part) => page.rowOf(part), {
  react: (entry, text, active) => chat.react(entry, text, active),
  erase: (entry) => chat.erase(entry),
  edit,
});
let edited = null; // {entry, draft}: the message whose text stands in the field, and what stood there

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
  help: () => page.notice("", HELP),
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
  measure(text);
  chat.say(text, room);
}

function measure(text) {
  const length = [...text].length;
  if (chat.longest && length > chat.longest) {
    wrong(`A message has at most ${chat.longest} characters; this one has ${length}`);
  }
}

/** Have a message of one's own edited in the field. */
function edit(entry) {
  const field = $("text");
  edited = { entry, draft: edited?.draft ?? field.value };
  field.value = entry.text;
  $("editing").hidden = false;
  field.focus();
}

function stopEditing() {
  $("text").value = edited.draft;
  $("text").focus();
  edited = null;
  $("editing").hidden = true;
}

/** The edited message has another text now. */
async function change(text) {
  measure(text);
  const { entry } = edited;
  stopEditing();
  if (text !== entry.text) chat.edit(entry, text);
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
  field.focus();
  if (text.trim() === "") return;
  if (edited) {
    change(text).catch(({ message }) => page.error(message));
    return;
  }
  field.value = "";
  enter(text).catch(({ message }) => {
    page.error(message);
    field.value ||= text;
  });
});

$("stop-editing").addEventListener("click", stopEditing);
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Escape" && edited) stopEditing();
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("say").requestSubmit();
});

$("text").addEventListener("input", ({ target: { value } }) => {
  chat.typed(!edited && value.trim() !== "" && (!value.startsWith("/") || value.startsWith("//")));
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
addEventListener("resize", () => page.resized());
addEventListener("hashchange", () => chat.enter(addressed()));

// Whenever somebody or the network may be back.
addEventListener("online", () => chat.wake(true));
addEventListener("pageshow", ({ persisted }) => persisted && chat.wake(true));
document.addEventListener("resume", () => chat.wake());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    chat.hurry();
  } else {
    page.looked();
    chat.wake();
  }
});
addEventListener("pagehide", () => chat.hurry());

chat.enter(addressed());
if (chat.nick) chat.start();
else page.askName();
