// All emoji, by their names. The table is a file of its own, which is loaded when it is first wanted.

import { type Language, language } from "../texts";
import type { EmojiTable } from "./table";

export type { Emoji, EmojiTable } from "./table";

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
