// Who is called by a message: `@ann` in what it says itself, or whoever it answers.

import { isQuoted } from "../text/lines";

const NAME = /[\p{L}\p{N}\p{M}._-]/u;
const MORE = /[.]*[\p{L}\p{N}\p{M}_-]/uy;

/** Where `@nick` stands in a text, as [start, end) pairs; upper and lower case are the same. */
export function mentionsOf(text: string, nick: string): [number, number][] {
  const found: [number, number][] = [];
  if (nick === "" || !text.includes("@")) return found;
  const [where, what] = [lower(text), `@${lower(nick)}`];
  for (let at = where.indexOf(what); at >= 0; at = where.indexOf(what, at + 1)) {
    const end = at + what.length;
    if (startsHere(text, at) && endsHere(text, end)) found.push([at, end]);
  }
  return found;
}

/** Whether a message calls this nick. What it only quotes called somebody before. */
export function mentions(text: string, nick: string): boolean {
  if (answers(text, nick)) return true;
  if (!text.includes("@")) return false;
  const own = text.split("\n").filter((line) => !isQuoted(line));
  return mentionsOf(own.join("\n"), nick).length > 0;
}

/** Whether it begins with a quote of this nick, as an answer does. */
function answers(text: string, nick: string): boolean {
  const begin = `> ${nick}: `;
  return nick !== "" && lower(text.slice(0, begin.length)) === lower(begin);
}

function startsHere(text: string, at: number): boolean {
  return at === 0 || !NAME.test(text[at - 1]!);
}

/** A name may be followed by a full stop, but not by more of a name. */
function endsHere(text: string, end: number): boolean {
  MORE.lastIndex = end;
  return !MORE.test(text);
}

/** In lower case, each letter where it was: İ alone becomes two. */
function lower(text: string): string {
  const all = text.toLowerCase();
  if (all.length === text.length) return all;
  return [...text]
    .map((sign) => (sign.toLowerCase().length === sign.length ? sign.toLowerCase() : sign))
    .join("");
}
