// All emoji, by their names. The table is a file of its own, which is loaded when it is first wanted.

import { remember, remembered } from "../memory";
import { type Language, language } from "../texts";

export interface Emoji {
  emoji: string;
  name: string; // "thumbs up", for people
  names: readonly string[]; // "thumbsup", "+1": what stands between the colons
  tones: boolean; // it comes in tones of skin
}

export interface EmojiTable {
  /** By kind, in the order of Unicode: t().emoji.groups says what each is called. */
  groups: readonly (readonly Emoji[])[];
  /** Those of which a name begins like this, then those which are called so or have to do with it. */
  search(prefix: string, limit?: number): Emoji[];
  /** The emoji `thumbsup` (or `:thumbsup:`), if there is one. */
  named(name: string): string | undefined;
}

const TABLES: Record<Language, () => Promise<{ default: string }>> = {
  en: () => import("./en.txt?raw"),
  de: () => import("./de.txt?raw"),
};

let loaded: { language: Language; table: Promise<EmojiTable> } | null = null;

/** Loads the table in the page's language, once. Rejects while there is no network. */
export function loadEmoji(): Promise<EmojiTable> {
  const wanted = language.peek();
  if (loaded?.language !== wanted) {
    const table = TABLES[wanted]().then((file) => tableOf(file.default));
    table.catch(() => {
      if (loaded?.table === table) loaded = null; // to be tried again
    });
    loaded = { language: wanted, table };
  }
  return loaded.table;
}

/** The table as it is written in the file. */
export function tableOf(file: string): EmojiTable {
  const groups: Emoji[][] = [];
  const entries: Entry[] = [];
  for (const line of file.split("\n")) {
    if (line === "" || line.startsWith("# ") || line === "#") continue;
    if (line === "=") groups.push([]);
    else {
      const entry = entryOf(line);
      groups.at(-1)!.push(entry.emoji);
      entries.push(entry);
    }
  }
  const names = new Map(entries.flatMap(({ emoji }) => emoji.names.map((name) => [name, emoji.emoji])));
  return {
    groups,
    search: (prefix, limit = 50) => found(entries, folded(prefix), limit),
    named: (name) => names.get(name.replace(/^:(.*):$/, "$1").toLowerCase()),
  };
}

interface Entry {
  emoji: Emoji;
  names: readonly string[]; // folded
  words: string; // all that it has to do with, folded, with a space before each
}

function entryOf(line: string): Entry {
  const [sign = "", names = "", name = "", words = ""] = line.split("\t");
  const tones = sign.startsWith("+");
  const emoji = { emoji: tones ? sign.slice(1) : sign, name, names: names.split(" "), tones };
  return { emoji, names: emoji.names, words: folded(` ${names} ${name} ${words}`) };
}

function found(entries: readonly Entry[], wanted: string, limit: number): Emoji[] {
  const ranks: Emoji[][] = [[], [], []];
  for (const { emoji, names, words } of entries) {
    if (names.includes(wanted)) ranks[0]!.push(emoji);
    else if (names.some((name) => name.startsWith(wanted))) ranks[1]!.push(emoji);
    else if (words.includes(` ${wanted}`)) ranks[2]!.push(emoji);
  }
  return ranks.flat().slice(0, limit);
}

function folded(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[\s_]+/g, " ");
}

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
