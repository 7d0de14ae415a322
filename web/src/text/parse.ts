// The text of a message as a small tree, in which everything that was typed can be found again.
// Takes time in proportion to the length of the text, whatever stands in it.

import { type Inline, inline, merged, type Names } from "./inline";
import { emojiOnly } from "./jumbo";
import { FENCE, isFence, isQuoted } from "./lines";

export type { Inline, Names } from "./inline";

/** What stands below one another. */
export type Block =
  | { kind: "lines"; parts: Inline[] } // with "\n" in its texts
  | { kind: "fence"; language: string; text: string }
  | { kind: "quote"; blocks: Block[] };

export interface RichText {
  blocks: Block[];
  jumbo: boolean; // it is nothing but one to three emoji
}

const LANGUAGE = /^[\p{L}\p{N}+#._-]{0,24}$/u;
const DEPTH = 4; // quotes within quotes; any more stand as they were typed

/** Parses a message as it is read by somebody who knows these names. */
export function parse(text: string, names: Names): RichText {
  const jumbo = emojiOnly(text);
  if (jumbo) return { blocks: [{ kind: "lines", parts: [{ kind: "text", text }] }], jumbo };
  return { blocks: blocks(text.split("\n"), 0, names), jumbo };
}

function blocks(lines: readonly string[], depth: number, names: Names): Block[] {
  const found: Block[] = [];
  for (let at = 0; at < lines.length; ) {
    const [block, next] = isFence(lines[at]!)
      ? fence(lines, at)
      : depth < DEPTH && isQuoted(lines[at]!)
        ? quote(lines, at, depth, names)
        : paragraph(lines, at, depth, names);
    found.push(block);
    at = next;
  }
  return found.filter((block) => block.kind !== "lines" || block.parts.length > 0);
}

/** Code runs to the line that ends with a fence, or else to the end. */
function fence(lines: readonly string[], at: number): [Block, number] {
  const opening = lines[at]!.slice(FENCE.length).trimEnd();
  const alone = closed(opening);
  if (alone !== null && alone !== "") return [{ kind: "fence", language: "", text: alone }, at + 1];
  const isLanguage = LANGUAGE.test(opening);
  const code = isLanguage ? [] : [opening];
  let next = at + 1;
  for (; next < lines.length; next++) {
    const last = closed(lines[next]!);
    if (last === null) code.push(lines[next]!);
    else {
      if (last !== "") code.push(last);
      next += 1;
      break;
    }
  }
  return [{ kind: "fence", language: isLanguage ? opening : "", text: code.join("\n") }, next];
}

/** What stands before the fence that ends this line; null if there is none. */
function closed(line: string): string | null {
  const end = line.trimEnd();
  return end.endsWith(FENCE) ? end.slice(0, -FENCE.length) : null;
}

function quote(lines: readonly string[], at: number, depth: number, names: Names): [Block, number] {
  let next = at;
  while (next < lines.length && isQuoted(lines[next]!)) next++;
  const inner = lines.slice(at, next).map((line) => line.replace(/^> ?/, ""));
  return [{ kind: "quote", blocks: blocks(inner, depth + 1, names) }, next];
}

function paragraph(lines: readonly string[], at: number, depth: number, names: Names): [Block, number] {
  let next = at + 1;
  const begins = (line: string) => isFence(line) || (depth < DEPTH && isQuoted(line));
  while (next < lines.length && !begins(lines[next]!)) next++;
  const parts: Inline[] = [];
  // Blank lines that only keep a quote or code apart are not shown: they stand apart anyway.
  let [first, last] = [at, next];
  while (at > 0 && first < next && lines[first]!.trim() === "") first++;
  while (next < lines.length && last > first && lines[last - 1]!.trim() === "") last--;
  for (let line = first; line < last; line++) {
    if (line > first) parts.push({ kind: "text", text: "\n" });
    for (const part of inline(lines[line]!, names)) parts.push(part);
  }
  return [{ kind: "lines", parts: merged(parts) }, next];
}
