// The `:names:` of emoji in what one types.

import { signal } from "@preact/signals";
import { type EmojiTable, loadEmoji } from "../emoji";
import { namedEmojiAt } from "../text/completion";

const PATIENCE = 1_000; // ms: what is to be sent doesn't wait longer for the table
const NAMED = /:[\p{L}\p{N}_+-]{1,40}:/gu;

/** All emoji, as soon as somebody wanted one and they are there. */
export const emojiTable = signal<EmojiTable | null>(null);

/** Have the table loaded; without a network there is none. */
export async function wantEmoji(): Promise<EmojiTable | null> {
  try {
    emojiTable.value = await loadEmoji();
  } catch (problem) {
    console.warn(problem);
  }
  return emojiTable.value;
}

/** The emoji that is called so, or what was given. */
export async function emojiNamed(name: string): Promise<string> {
  return /^:.+:$/.test(name) ? ((await wantEmoji())?.named(name) ?? name) : name;
}

/** Whether there may be names in a text, of which the table would have to tell. */
export function needsEmoji(text: string): boolean {
  return emojiTable.value === null && text.search(NAMED) >= 0;
}

/** Wait for the table, but not for long. */
export async function awaitEmoji(): Promise<void> {
  await Promise.race([wantEmoji(), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
}

/** The text with the emoji that it names, as far as the table is there. Code stays as it is. */
export function withEmoji(text: string): string {
  let made = text;
  const ends = [...text.matchAll(NAMED)].map((match) => match.index + match[0].length);
  for (const end of ends.reverse()) made = withEmojiAt(made, end)?.text ?? made;
  return made;
}

/** The text with the emoji whose name ends at the caret, and where the caret is then. */
export function withEmojiAt(text: string, caret: number): { text: string; caret: number } | null {
  const found = namedEmojiAt(text, caret);
  const emoji = found && emojiTable.value?.named(found.name);
  if (!found || !emoji) return null;
  const before = text.slice(0, found.start) + emoji;
  return { text: before + text.slice(caret), caret: before.length };
}
