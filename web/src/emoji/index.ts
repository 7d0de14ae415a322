// All emoji, by their names. The table is a file of its own, which is loaded when it is first wanted.

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
    const table = read(wanted);
    table.catch(() => {
      if (loaded?.table === table) loaded = null; // to be tried again
    });
    loaded = { language: wanted, table };
  }
  return loaded.table;
}

async function read(language: Language): Promise<EmojiTable> {
  const [{ tableOf }, file] = await Promise.all([import("./table"), TABLES[language]()]);
  return tableOf(file.default);
}
