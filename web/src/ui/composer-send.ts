// Sends what was typed: as a message, an answer, another text of a message, or a command.

import type { Chat } from "../chat/chat";
import type { Place } from "../chat/place";
import { commandIn, enter, lastOwn, measure, type Surroundings, say } from "../commands";
import type { Message } from "../model";
import { quoteOf } from "../text/summary";
import { awaitEmoji, emojiNamed, needsEmoji, withEmoji } from "./composer-emoji";
import { answeredIn, editedIn, setText, textIn } from "./composer-text";
import { editing, replying } from "./composing";
import { searching } from "./searching";

/** What is said when this is sent, without what makes it a command. */
export function outgoing(place: Place, text: string): string {
  const answered = answeredIn(place);
  return answered && !commandIn(text) && !editedIn(place)
    ? `${quoteOf(answered.from, answered.text)}\n\n${text}`
    : text;
}

let sending = false;

/** Send what stands in the field of a place. What can't be sent stays there, and is explained. */
export async function send(chat: Chat, place: Place): Promise<void> {
  if (sending) return;
  sending = true;
  if (needsEmoji(textIn(place))) await awaitEmoji();
  sending = false;
  const text = withEmoji(textIn(place)).trimEnd();
  if (text.trim() === "") return;
  const edited = editedIn(place);
  try {
    if (edited) change(chat, place, edited, text);
    else if (answeredIn(place) && !commandIn(text)) answer(chat, place, text);
    else await utter(chat, place, text);
  } catch (problem) {
    chat.tell({ what: "error", code: "", text: (problem as Error).message });
  }
}

/** Have one's last message edited, if it may be. */
export function editLast(chat: Chat, place: Place): void {
  const message = lastOwn(chat, place);
  if (message) editing.value = { place, message };
}

function change(chat: Chat, place: Place, message: Message, text: string): void {
  measure(chat, text);
  editing.value = null;
  if (text !== message.text) chat.edit(place, message, text);
}

function answer(chat: Chat, place: Place, text: string): void {
  say(chat, place, outgoing(place, text.replace(/^\/\//, "/")));
  replying.value = null;
  setText(place, "");
}

async function utter(chat: Chat, place: Place, text: string): Promise<void> {
  setText(place, "");
  try {
    await enter(chat, place, text, surroundings(place));
  } catch (problem) {
    if (textIn(place) === "" && !editedIn(place)) setText(place, text);
    throw problem;
  }
}

function surroundings(place: Place): Surroundings {
  return {
    edit: (message) => {
      editing.value = { place, message };
    },
    search: (words) => {
      searching.value = words;
    },
    emoji: emojiNamed,
  };
}
