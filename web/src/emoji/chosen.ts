// Which emoji one used last, and in which tone of skin.

import { remember, remembered } from "../memory";
import type { Emoji } from ".";

const RECENT = 24;

/** The emoji that one used last, the latest first. */
export function recentEmoji(): string[] {
  const recent = remembered<unknown>("localStorage", "emoji", []);
  return Array.isArray(recent) ? recent.filter((each) => typeof each === "string") : [];
}

/** One has used this emoji. */
export function usedEmoji(emoji: string): void {
  const others = recentEmoji().filter((each) => each !== emoji);
  remember("localStorage", "emoji", [emoji, ...others].slice(0, RECENT));
}

/** The tones of skin, the first being none. */
export const TONES = ["", "🏻", "🏼", "🏽", "🏾", "🏿"] as const;

/** The emoji in a tone of skin, if it comes in them. */
export function toned({ emoji, tones }: Emoji, tone: number): string {
  if (!tones || !TONES[tone]) return emoji;
  return emoji.replace(/^(.)\ufe0f?/u, `$1${TONES[tone]}`);
}

/** The tone that one chose, as an index of TONES. */
export function chosenTone(): number {
  const tone = remembered<unknown>("localStorage", "emoji-tone", 0);
  return typeof tone === "number" && TONES[tone] !== undefined ? tone : 0;
}

export function chooseTone(tone: number): void {
  remember("localStorage", "emoji-tone", tone);
}
