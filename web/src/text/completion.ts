// What one is about to type, and how it could go on: @names, /commands, :emoji: and #rooms.

export type CompletionKind = "user" | "command" | "emoji" | "room";

/** What stands around the caret and can be completed: text[start:end) is to be replaced. */
export interface Completion {
  kind: CompletionKind;
  start: number; // of the sign before the name
  end: number;
  prefix: string; // of the name, as far as the caret
}

const KINDS: Record<string, CompletionKind> = { "@": "user", "#": "room", ":": "emoji", "/": "command" };
const REACH = 80; // characters before the caret that are looked at: no name is longer
const BEFORE = /(?:^|(?<before>.))(?<sign>[@#:/])(?<prefix>[\p{L}\p{N}\p{M}._+-]*)$/su;
const AFTER = /^[\p{L}\p{N}\p{M}_-]*/u; // the rest of the name
const IN_NAME = /[\p{L}\p{N}\p{M}_/:@#&=?.-]/u; // a sign after one of these begins nothing
const LEAST_EMOJI = 2; // letters: ":D" and ":)" are typed by hand

/** What can be completed at the caret, if anything. */
export function completionAt(text: string, caret: number): Completion | null {
  const near = text.slice(Math.max(0, caret - REACH), caret);
  const found = near.match(BEFORE)?.groups;
  if (!found || inCode(text.slice(0, caret))) return null;
  const { before = "", sign = "", prefix = "" } = found;
  const kind = KINDS[sign]!;
  const start = caret - prefix.length - sign.length;
  if (kind === "command" ? start !== 0 : IN_NAME.test(before)) return null;
  if (kind === "emoji" && [...prefix].length < LEAST_EMOJI) return null;
  let end = caret + text.slice(caret, caret + REACH).match(AFTER)![0].length;
  if (kind === "emoji" && end > caret && text[end] === ":") end += 1;
  return { kind, start, end, prefix };
}

/** Whether what follows on this text is code: an odd number of fences, or of backticks in its line. */
function inCode(text: string): boolean {
  const fences = text.match(/^```/gm)?.length ?? 0;
  if (fences % 2 === 1) return true;
  const line = text.slice(text.lastIndexOf("\n") + 1).replace(/^```/, "");
  return (line.split("`").length - 1) % 2 === 1;
}

/**
 * The candidates that go on like this, the best first: those that begin with the prefix, then those
 * of which a later word does; and among them the order in which they are given (give those who spoke
 * last first). Upper and lower case and accents don't matter.
 */
export function matches(prefix: string, candidates: Iterable<string>, limit = 8): string[] {
  const wanted = folded(prefix);
  const [first, later]: [string[], string[]] = [[], []];
  for (const candidate of new Set(candidates)) {
    const name = folded(candidate);
    if (name.startsWith(wanted)) first.push(candidate);
    else if (wanted !== "" && name.split(/[._-]/).some((word) => word.startsWith(wanted))) {
      later.push(candidate);
    }
  }
  return [...first, ...later].slice(0, limit);
}

function folded(name: string): string {
  return name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/**
 * The text with a choice in the place of what was typed, and where the caret is then: behind a space.
 * `choice` is a nick, a room or a command without its sign, or the emoji itself.
 */
export function applied(
  text: string,
  { kind, start, end }: Completion,
  choice: string,
): { text: string; caret: number } {
  const sign = kind === "emoji" ? "" : text[start]!;
  const rest = text.slice(end);
  const chosen = `${text.slice(0, start)}${sign}${choice} `;
  return { text: chosen + rest.replace(/^ /, ""), caret: chosen.length };
}

/** The `:name:` of an emoji that ends at the caret, just typed: text[start:caret). */
export function namedEmojiAt(text: string, caret: number): { start: number; name: string } | null {
  const near = text.slice(Math.max(0, caret - REACH), caret);
  const found = near.match(/(?:^|[^\p{L}\p{N}\p{M}_:]):(?<name>[\p{L}\p{N}_+-]{1,40}):$/u)?.groups;
  if (!found || inCode(text.slice(0, caret))) return null;
  const { name = "" } = found;
  return { start: caret - name.length - 2, name };
}
