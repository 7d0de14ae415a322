// What one can do by typing a slash: taken apart here, done by the chat.

import { dashed, roomName } from "./address";
import type { Chat } from "./chat/chat";
import type { Place } from "./chat/place";
import { Lost, Refused } from "./link";
import type { Message } from "./model";
import { errorText, t } from "./texts";
import type { Texts } from "./texts/en";
import { canLeave } from "./ui/leaving";

export type CommandName = keyof Texts["commands"]["list"];

/** What a command may ask of the page around the chat. */
export interface Surroundings {
  /** Have a message of one's own edited in the field. */
  edit(message: Message): void;
  search(words: string): void;
  /** The emoji of this name, or what was given. */
  emoji(name: string): Promise<string>;
}

/** What was typed can't be done; the message says why, and what could be. */
export class Wrong extends Error {}

interface Typed {
  chat: Chat;
  place: Place;
  rest: string; // what follows on the command
  page: Surroundings;
}

type Run = (typed: Typed) => void | Promise<void>;

const RUN: Record<CommandName, Run> = {
  nick: ({ chat, rest }) => chat.rename(needed(rest, "nick")),
  join: ({ chat, rest }) => {
    chat.open(roomName(dashed(needed(rest, "join"))) || wrong(t().commands.noRoom));
  },
  leave,
  msg: ({ chat, rest }) => {
    const [, nick, text = ""] = rest.match(/^@?(\S+)\s*([\s\S]*)$/) ?? wrong(usageOf("msg"));
    measure(chat, text);
    const talk = chat.open(`@${nick}`);
    if (text !== "") chat.say(talk, text);
  },
  me: ({ chat, place, rest }) => say(chat, place, `/me ${needed(rest, "me")}`),
  topic: async ({ chat, place, rest }) => {
    if (place.isPrivate) wrong(t().commands.onlyInRooms);
    if (rest === "") note(chat, t().commands.topicIs(isolated(place.topic.value)));
    else await chat.setTopic(place, rest);
  },
  who,
  rooms,
  search: ({ rest, page }) => page.search(rest),
  edit: ({ chat, place, rest, page }) => {
    const message = lastOwn(chat, place) ?? wrong(t().commands.nothingToChange);
    if (rest === "") page.edit(message);
    else if (rest !== message.text) chat.edit(place, message, measure(chat, rest));
  },
  delete: ({ chat, place }) => {
    chat.erase(place, lastOwn(chat, place) ?? wrong(t().commands.nothingToChange));
  },
  react: async ({ chat, place, rest, page }) => {
    const emoji = await page.emoji(needed(rest, "react"));
    const message = place.newest.items.value.findLast((item) => isReadable(item) && !item.mine);
    chat.react(place, (message as Message) ?? wrong(t().commands.nothingToReactTo), emoji, true);
  },
  session: ({ chat, rest }) => {
    if (rest === "") note(chat, t().commands.session(chat.session));
    else chat.become(rest.split(/\s/)[0]!); // telnet shows the nick behind the word
  },
  help: ({ chat }) => note(chat, help()),
};

/** All commands, for completion. */
export const COMMANDS = Object.keys(RUN) as CommandName[];

/** Do what was typed in a place: say it, or carry the command out. Rejects with Wrong. */
export async function enter(chat: Chat, place: Place, text: string, page: Surroundings): Promise<void> {
  const command = commandIn(text);
  if (!command) {
    say(chat, place, text.replace(/^\/\//, "/"));
    return;
  }
  const { name, rest } = command;
  if (!Object.hasOwn(RUN, name)) wrong(t().commands.unknown(name));
  try {
    await RUN[name as CommandName]({ chat, place, rest, page });
  } catch (problem) {
    throw new Wrong(reasonOf(problem));
  }
}

/** The command in what was typed, if it is one; `//` only says a slash. */
export function commandIn(text: string): { name: string; rest: string } | null {
  const [, name, rest] = text.match(/^\/([^\s/]\S*)\s*([\s\S]*)$/) ?? [];
  return name === undefined ? null : { name: name.toLowerCase(), rest: rest!.trimEnd() };
}

/** "/msg NAME TEXT" */
export function usageOf(name: CommandName): string {
  return `/${name} ${t().commands.list[name].takes}`.trimEnd();
}

/** The message of one's own that one may still change here: the last one. */
export function lastOwn(chat: Chat, place: Place): Message | undefined {
  const last = place.newest.items.value.findLast((item) => isReadable(item) && item.mine) as Message;
  const within = chat.limits.value.edit_within * 1000;
  if (!last || (within > 0 && Date.now() - Date.parse(last.time) > within)) return undefined;
  return last;
}

/** The text, if it isn't too long to be said. */
export function measure(chat: Chat, text: string): string {
  const most = chat.limits.value.text;
  const length = most > 0 && text.length > most ? [...text].length : 0;
  return length > most ? wrong(t().commands.tooLong(most, length)) : text;
}

/** Say it, if it isn't too long. Throws Wrong. */
export function say(chat: Chat, place: Place, text: string): void {
  chat.say(place, measure(chat, text));
}

function leave({ chat, place, rest }: Typed): void {
  const name = rest.startsWith("@") ? rest : roomName(rest);
  const what = (rest === "" ? place : chat.placeNamed(name)) ?? wrong(t().commands.noRoomOfYours(rest));
  if (!canLeave(chat, what)) wrong(t().commands.onlyRoom);
  chat.leave(what);
}

async function who({ chat, place, rest }: Typed): Promise<void> {
  const room = rest === "" ? place.room.value : roomName(rest) || wrong(usageOf("who"));
  if (room.startsWith("@")) wrong(t().commands.onlyInRooms);
  const { members, count } = await chat.who(room);
  const nicks = members.map(({ nick }) => nick);
  note(chat, t().commands.people(room, count, nicks.map(isolated).join(", ")));
}

async function rooms({ chat }: Typed): Promise<void> {
  const lines = (await chat.listRooms()).map(({ room, count, topic }) =>
    t().commands.room(room, count, topic),
  );
  note(chat, lines.join("\n") || t().commands.noRooms);
}

function help(): string {
  const { list, helpBefore, helpAfter } = t().commands;
  const lines = COMMANDS.map((name) => `${usageOf(name)} – ${list[name].does}`);
  return [helpBefore, ...lines, helpAfter].join("\n");
}

function note(chat: Chat, text: string): void {
  chat.tell({ what: "note", text });
}

/** It may run from right to left, and what stands around it shall not. */
function isolated(text: string): string {
  return text && `\u2068${text}\u2069`;
}

function needed(rest: string, name: CommandName): string {
  return rest || wrong(usageOf(name));
}

function wrong(why: string): never {
  throw new Wrong(why);
}

function isReadable(item: { kind: string }): item is Message {
  return item.kind === "message" && !(item as Message).deleted;
}

function reasonOf(problem: unknown): string {
  if (problem instanceof Refused) return errorText(problem.code, problem.message);
  if (problem instanceof Lost) return t().errors.not_connected;
  return (problem as Error).message;
}
