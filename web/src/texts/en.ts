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
    hint: "Say something, or /help",
    send: "Send",
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
  because: (what: string, why: string) => `${what} (${why})`,
};

export type Texts = typeof en;
