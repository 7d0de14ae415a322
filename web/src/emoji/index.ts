// All emoji, by their names: the table is a file of its own, which is loaded when it is first wanted.

import { remember, remembered } from "../memory";

export interface Emoji {
  emoji: string;
  name: string; // "thumbs up", for people
  names: readonly string[]; // "thumbsup", "+1": what stands between the colons
  group: number; // index into groups
}

export interface EmojiTable {
  all: readonly Emoji[];
  /** Those of which a name begins with the prefix, or a word of their description does, best first. */
  search(prefix: string, limit?: number): Emoji[];
  /** The emoji `thumbsup` (or `:thumbsup:`), if there is one. */
  named(name: string): string | undefined;
}

/** Loads the table, once. Rejects while there is no network. */
export function loadEmoji(): Promise<EmojiTable> {
  throw new Error("not yet");
}

/** The emoji that one used last, the latest first. */
export function recentEmoji(): string[] {
  return remembered<string[]>("localStorage", "emoji", []);
}

/** One has used this emoji. */
export function usedEmoji(emoji: string): void {
  remember("localStorage", "emoji", [emoji, ...recentEmoji().filter((each) => each !== emoji)].slice(0, 24));
}
