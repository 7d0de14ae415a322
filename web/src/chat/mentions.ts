// Who is called by a message: `@ann` anywhere in its text.

const NAME = /[\p{L}\p{N}\p{M}._-]/u;

/** Where `@nick` stands in a text, as [start, end) pairs; upper and lower case are the same. */
export function mentionsOf(text: string, nick: string): [number, number][] {
  const found: [number, number][] = [];
  if (nick === "") return found;
  const [where, what] = [text.toLowerCase(), `@${nick.toLowerCase()}`];
  for (let at = where.indexOf(what); at >= 0; at = where.indexOf(what, at + 1)) {
    const end = at + what.length;
    if (startsHere(text, at) && endsHere(text, end)) found.push([at, end]);
  }
  return found;
}

/** Whether a message calls this nick. */
export function mentions(text: string, nick: string): boolean {
  return mentionsOf(text, nick).length > 0;
}

function startsHere(text: string, at: number): boolean {
  return at === 0 || !NAME.test(text[at - 1]!);
}

/** A name may be followed by a full stop, but not by more of a name. */
function endsHere(text: string, end: number): boolean {
  const rest = text.slice(end).replace(/^[.]+/, "");
  return rest === "" || !NAME.test(String.fromCodePoint(rest.codePointAt(0)!));
}
