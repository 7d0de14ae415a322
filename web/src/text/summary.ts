// A message in short: in one line, or as the quote that an answer begins with.

import { isFence, isQuoted } from "./lines";
import { type Block, type Inline, parse } from "./parse";

const NOBODY = { nick: "", isName: () => false };
// They turn round what stands beside them, where nothing isolates them.
const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const QUOTED = { lines: 3, characters: 200 };
const LONGEST = 1000; // characters of a message that its short form is made of

/** One line without markup, and without what it quotes unless that is all there is. */
export function plain(text: string, limit = 200): string {
  const { blocks } = parse(text.slice(0, LONGEST), NOBODY);
  const own = blocks.filter(({ kind }) => kind !== "quote").map(blockText);
  const line = oneLine(own.join(" ")) || oneLine(blocks.map(blockText).join(" "));
  return cut(line, limit);
}

/** Lines to stand before an answer: "> ann: hello". */
export function quoteOf(from: string, text: string): string {
  const lines = text.slice(0, LONGEST).split("\n");
  const own = lines.filter((line) => line.trim() !== "" && !isQuoted(line) && !isFence(line));
  const said = own.length > 0 ? own : [plain(text)];
  const few = cut(said.slice(0, QUOTED.lines).join("\n"), QUOTED.characters);
  const more = said.length > QUOTED.lines && !few.endsWith("…") ? "…" : "";
  return `> ${from}: ${few.replaceAll("\n", "\n> ")}${more}`;
}

function blockText(block: Block): string {
  if (block.kind === "fence") return block.text;
  if (block.kind === "quote") return block.blocks.map(blockText).join(" ");
  return block.parts.map(inlineText).join("");
}

function inlineText(part: Inline): string {
  return "parts" in part ? part.parts.map(inlineText).join("") : part.text;
}

function oneLine(text: string): string {
  return text.replace(TURNING, "").replace(/\s+/g, " ").trim();
}

function cut(text: string, limit: number): string {
  const characters = [...text];
  return characters.length > limit ? `${characters.slice(0, limit - 1).join("")}…` : text;
}
