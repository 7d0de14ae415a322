// What the page says in English. Another language is another file like this one: the type makes sure
// that nothing is missing. `plural` puts a number into the form of words that it needs.

import { plurals } from "./plural";

const plural = plurals("en");

export const en = {
  connection: {
    connecting: "connecting…",
    connected: "connected",
    waiting: (seconds: number) => plural(seconds, { other: "reconnecting in {n} s" }),
    offline: "offline",
    stopped: "disconnected",
    now: "Now",
    connect: "Connect",
  },
  naming: {
    title: "What is your name?",
    change: "Change your name",
    yours: "Your name",
    enter: "Come in",
    take: "Take it",
    cancel: "Cancel",
  },
  composer: {
    label: "Say something",
    hint: (place: string) => `Message ${place}, or /help`,
    send: "Send",
    emoji: "Emoji",
    left: (count: number) => plural(count, { one: "{n} character left", other: "{n} characters left" }),
    over: (count: number) =>
      plural(count, { one: "{n} character too many", other: "{n} characters too many" }),
    editing: "You edit a message.",
    stopEditing: "Leave it as it is",
    erase: "Delete the message",
    replying: ["Your answer to ", ""],
    stopReplying: "Do not answer",
    gone: (place: string) => `You left ${place}`,
    suggestions: "Suggestions",
    suggested: (count: number) => plural(count, { one: "{n} suggestion", other: "{n} suggestions" }),
  },
  typing: {
    one: ["", " is typing…"],
    several: ["", " are typing…"],
    more: (count: number) => plural(count, { one: " and {n} more", other: " and {n} more" }),
  },
  commands: {
    list: {
      nick: { takes: "NAME", does: "take another name" },
      join: { takes: "ROOM", does: "come into a room, or make it" },
      leave: { takes: "[ROOM]", does: "leave this room or another" },
      msg: { takes: "NAME TEXT", does: "say something to one person" },
      me: { takes: "TEXT", does: "say what you do" },
      topic: { takes: "[TEXT]", does: "show or set the topic" },
      who: { takes: "[ROOM]", does: "who is in this room or another of yours" },
      rooms: { takes: "", does: "which rooms there are" },
      search: { takes: "[WORDS]", does: "find messages" },
      edit: { takes: "[TEXT]", does: "change your last message" },
      delete: { takes: "", does: "delete your last message" },
      react: { takes: "EMOJI", does: "react to the last message of somebody else" },
      session: { takes: "[WORD]", does: "your secret word; or be who has this one" },
      help: { takes: "", does: "this list" },
    },
    helpBefore: "Commands:",
    helpAfter: "// says a line that starts with a slash. Shift and Enter begin a new line.",
    unknown: (name: string) =>
      `There is no /${name}. /help lists the commands; // says a line that starts with a slash.`,
    noRoom: "/join ROOM: letters, digits, - and _. To talk with one person: /msg NAME TEXT",
    noRoomOfYours: (name: string) => `You are not in ${name}. To leave a room: /leave [ROOM]`,
    onlyInRooms: "Only rooms have that, and this is a conversation",
    topicIs: (topic: string) => (topic ? `Topic: ${topic}` : "There is no topic. To set one: /topic TEXT"),
    room: (name: string, count: number, topic: string) =>
      `#${name}: ${plural(count, { one: "{n} person", other: "{n} people" })}${topic && `, ${topic}`}`,
    noRooms: "There are no rooms",
    people: (room: string, count: number, names: string) =>
      `#${room}: ${plural(count, { one: "{n} person", other: "{n} people" })}: ${names}`,
    nothingToChange: "You have said nothing here that can still be changed",
    nothingToReactTo: "Nobody else has said anything here",
    session: (word: string) =>
      `With this word you are the same elsewhere: keep it secret. To come back with it: /session ${word}`,
    tooLong: (most: number, length: number) =>
      `A message has at most ${most} characters; this one has ${length}`,
  },
  notifications: {
    inRoom: (nick: string, room: string) => `${nick} in #${room}`,
  },
  errors: {
    bad_json: "The server did not understand that",
    bad_command: "The server can't do that now",
    not_connected: "You are not connected",
    bad_nick: "That can't be a name",
    nick_in_use: "Somebody else has this name",
    bad_room: "That can't be a room",
    not_in_room: "You are not in this room",
    no_such_user: "Nobody of this name is here",
    no_such_message: "This message is no more",
    text_too_long: "That is too long",
    rate_limited: "Too fast: wait a little",
    not_allowed: "That is not allowed",
    unavailable: "The server can't store anything just now",
  },
};

export type Texts = typeof en;
