// The table of all emoji, as it is written in a file, and how something is found in it.

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
  return { emoji, names: emoji.names.map(folded), words: folded(` ${names} ${name} ${words}`) };
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
