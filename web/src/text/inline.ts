// What stands within one line of a message: links, code, stress, rooms and people.

import { addressOf, roomName } from "../address";
import { mentionsOf } from "../chat/mentions";
import { addressAt, type Link, linkOf } from "./links";

export type Inline =
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | ({ kind: "link" } & Link)
  | { kind: "room"; text: string; href: string }
  | { kind: "mention"; text: string; mine: boolean }
  | { kind: "strong" | "em"; parts: Inline[] };

/** Whose names a text can call. */
export interface Names {
  nick: string; // one's own
  isName: (nick: string) => boolean; // of somebody who is known
}

const SIGNS = /`+|\*+|_+|@|#|https?:\/\/|www\./gi; // something may begin here
const WORD = /[\p{L}\p{N}\p{M}_]/u;
const IN_NAME = /[\p{L}\p{N}\p{M}._-]/u;
const ROOM = /#([\p{L}\p{N}\p{M}_-]+)/uy;
const NICK = /@([\p{L}\p{N}][\p{L}\p{N}\p{M}._-]*)/uy;
const BEFORE = /[\s([{"'“‘«„,:;–—>*_-]/u; // may stand before a stressed word, or a room
const AFTER = /[\s)\]}"'”’»“.,:;!?…–—*_-]/u; // may stand after one

/** Parses one line. */
export function inline(line: string, names: Names): Inline[] {
  return merged(new Line(line, names).parts);
}

class Line {
  readonly parts: Inline[] = [];
  readonly #line: string;
  readonly #names: Names;
  #done = 0; // everything before is in the parts
  #mine: Map<number, number> | null = null; // where oneself is called, once that is needed
  readonly #unclosed = new Set<number>(); // backticks so many in a row end nothing any more
  readonly #open = new Map<string, number>(); // sign of stress: which part it is

  constructor(line: string, names: Names) {
    this.#line = line;
    this.#names = names;
    let at = 0;
    for (let found = next(SIGNS, line, at); found; found = next(SIGNS, line, at)) {
      at = this.#sign(found[0], found.index);
    }
    this.#textUpTo(line.length);
  }

  /** Takes what a sign begins; gives where to look on. */
  #sign(sign: string, at: number): number {
    if (sign[0] === "`") return this.#code(sign, at);
    if (sign[0] === "*" || sign[0] === "_") return this.#stress(sign, at);
    if (sign === "@") return this.#mention(at);
    if (sign === "#") return this.#room(at);
    return this.#link(at);
  }

  #code(ticks: string, at: number): number {
    const begin = at + ticks.length;
    if (ticks.length > 2 || this.#unclosed.has(ticks.length)) return begin;
    const runs = /`+/g;
    for (let found = next(runs, this.#line, begin); found; found = next(runs, this.#line, runs.lastIndex)) {
      if (found[0].length !== ticks.length) continue;
      return this.#take(at, runs.lastIndex, { kind: "code", text: this.#line.slice(begin, found.index) });
    }
    this.#unclosed.add(ticks.length);
    return begin;
  }

  #link(at: number): number {
    if (at > 0 && WORD.test(this.#line[at - 1]!)) return at + 1;
    const address = addressAt(this.#line, at);
    const link = linkOf(address);
    if (!link) return at + address.length;
    return this.#take(at, at + link.text.length, { kind: "link", ...link });
  }

  #room(at: number): number {
    const found = this.#mayBegin(at) ? next(ROOM, this.#line, at) : null;
    if (!found) return at + 1;
    const name = found[1]!.replace(/[_-]{1,64}$/, "");
    // A number alone is one of something else.
    if (!/\p{L}/u.test(name) || roomName(name) === "") return at + found[0].length;
    const text = `#${name}`;
    return this.#take(at, at + text.length, { kind: "room", text, href: addressOf(name) });
  }

  #mention(at: number): number {
    if (at > 0 && IN_NAME.test(this.#line[at - 1]!)) return at + 1;
    this.#mine ??= new Map(mentionsOf(this.#line, this.#names.nick));
    const mine = this.#mine.get(at);
    if (mine !== undefined) {
      return this.#take(at, mine, { kind: "mention", text: this.#line.slice(at, mine), mine: true });
    }
    const found = next(NICK, this.#line, at);
    if (!found) return at + 1;
    const whole = found[1]!.slice(0, 64);
    const name = [whole, whole.replace(/[._-]+$/, "")].find((each) => this.#names.isName(each));
    if (name === undefined) return at + 1 + whole.length;
    return this.#take(at, at + 1 + name.length, { kind: "mention", text: `@${name}`, mine: false });
  }

  /** *strong*, **strong** or _stressed_: the sign opens, or closes what one like it has opened. */
  #stress(sign: string, at: number): number {
    const end = at + sign.length;
    if (sign.length > (sign[0] === "*" ? 2 : 1)) return end;
    const [before, after] = [this.#line[at - 1] ?? " ", this.#line[end] ?? " "];
    const opener = this.#open.get(sign);
    if (opener !== undefined && !/\s/.test(before) && AFTER.test(after)) return this.#close(sign, opener, at);
    if (!BEFORE.test(before) || /\s/.test(after)) return end;
    this.#textUpTo(at);
    this.#open.set(sign, this.parts.length);
    this.parts.push({ kind: "text", text: sign });
    this.#done = end;
    return end;
  }

  #close(sign: string, opener: number, at: number): number {
    this.#textUpTo(at);
    for (const [other, where] of this.#open) if (where >= opener) this.#open.delete(other);
    const [, ...inner] = this.parts.splice(opener);
    this.parts.push({ kind: sign === "_" ? "em" : "strong", parts: merged(inner) });
    this.#done = at + sign.length;
    return this.#done;
  }

  #mayBegin(at: number): boolean {
    return at === 0 || BEFORE.test(this.#line[at - 1]!);
  }

  #take(start: number, end: number, part: Inline): number {
    this.#textUpTo(start);
    this.parts.push(part);
    this.#done = end;
    return end;
  }

  #textUpTo(end: number): void {
    if (end > this.#done) this.parts.push({ kind: "text", text: this.#line.slice(this.#done, end) });
    this.#done = end;
  }
}

/** The first match from this place on; of a sticky pattern, only one at this place. */
function next(pattern: RegExp, line: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(line);
}

/** Parts in which no two texts stand side by side. */
export function merged(parts: readonly Inline[]): Inline[] {
  const all: Inline[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (last?.kind === "text" && part.kind === "text") last.text += part.text;
    else all.push(part.kind === "text" ? { ...part } : part);
  }
  return all;
}
