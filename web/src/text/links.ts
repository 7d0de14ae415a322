// Addresses of web pages in a text: what belongs to them, and whether they can be trusted to be what
// they look like.

export interface Link {
  href: string;
  text: string; // as it was typed
  host: string; // its real name, if what was typed may look like another one; else ""
}

const LONGEST = 2048; // characters; what is longer is not an address that somebody would read
// Neither spaces, quotes and backslashes, nor characters that are not seen or that turn others round.
const ADDRESS = /[^\s<>"`\\\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/uy;
const AFTERWARDS = new Set(".,:;!?'*_~…‘’“”«»¿¡、。，！？：；");
const PAIRS: Record<string, string> = { ")": "(", "]": "[", "}": "{", "）": "（", "」": "「", "】": "【" };
const WWW = /^www\.[^\s./?#]+\.[^\s./?#]/i;

/** How far the characters go that an address at this place could have. */
export function addressAt(text: string, at: number): string {
  ADDRESS.lastIndex = at;
  return ADDRESS.exec(text)?.[0] ?? "";
}

/** The link that such an address makes, without the sentence that goes on after it; or null. */
export function linkOf(address: string): Link | null {
  if (address.length > LONGEST) return null;
  const text = trimmed(address);
  const full = WWW.test(text) ? `https://${text}` : text;
  const url = /^https?:\/\/[^/]/i.test(full) ? parsed(full) : null;
  if (!url) return null;
  // In https://bank.example@evil.example/ the bank is only a user's name.
  if (url.username !== "" || url.password !== "") return null;
  return { href: url.href, text, host: looksLikeAnother(typedHost(full)) ? url.hostname : "" };
}

function parsed(address: string): URL | null {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}

/** Full stops and the like after an address don't belong to it, nor brackets that it doesn't open. */
function trimmed(address: string): string {
  const count: Record<string, number> = {};
  for (const sign of address) if (isBracket(sign)) count[sign] = (count[sign] ?? 0) + 1;
  let end = address.length;
  for (; end > 0; end--) {
    const last = address[end - 1]!;
    const opening = PAIRS[last];
    if (opening !== undefined) {
      if ((count[last] ?? 0) <= (count[opening] ?? 0)) break;
      count[last]! -= 1;
    } else if (!AFTERWARDS.has(last)) break;
  }
  return address.slice(0, end);
}

const BRACKETS = new Set(Object.entries(PAIRS).flat());

function isBracket(sign: string): boolean {
  return BRACKETS.has(sign);
}

function typedHost(full: string): string {
  return full.replace(/^https?:\/+/i, "").match(/^[^/?#]*/)![0];
}

// What browsers do, in short (Chromium's IDN policy): letters of one script in each part of the name,
// and not only such Cyrillic or Greek ones as have a Latin double.
const SCRIPTS = [
  /^[\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]*$/u,
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Common}\p{Script=Inherited}]*$/u,
  /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Common}]*$/u,
  /^[\p{Script=Cyrillic}\p{Script=Common}\p{Script=Inherited}]*$/u,
  /^[\p{Script=Greek}\p{Script=Common}\p{Script=Inherited}]*$/u,
  /^[\p{Script=Arabic}\p{Script=Common}\p{Script=Inherited}]*$/u,
  /^[\p{Script=Hebrew}\p{Script=Common}\p{Script=Inherited}]*$/u,
  /^[\p{Script=Devanagari}\p{Script=Common}\p{Script=Inherited}]*$/u,
  /^[\p{Script=Thai}\p{Script=Common}\p{Script=Inherited}]*$/u,
];
const DOUBLES = /^[асԁеһіјӏорԛѕԝхуъьҽпгѵѡбκορνυιτχαεγωηµ0-9-]+$/iu;

function looksLikeAnother(host: string): boolean {
  if (/^[\p{ASCII}]*$/u.test(host)) return false;
  return host.split(/[.。．｡]/u).some((label) => {
    if (/^\p{ASCII}*$/u.test(label)) return false;
    return (
      /[^\p{L}\p{N}\p{M}:-]/u.test(label) || !SCRIPTS.some((one) => one.test(label)) || DOUBLES.test(label)
    );
  });
}
