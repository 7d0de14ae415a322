// The address of the page names what is looked at: #/room/lobby, or #/with/bob.

import { isPrivate } from "./protocol";

export const LOBBY = "lobby";

// A name that the server refuses would leave one in no room at all.
const ROOM = /^#?[\p{L}\p{N}\p{M}_-]{1,64}$/u;
const NICK = /^\+?[\p{L}\p{N}][\p{L}\p{N}\p{M}._-]{0,31}$/u;

/** The name of a room, without its `#`; "" if it can't be one. */
export function roomName(name: string): string {
  return ROOM.test(name) ? name.replace(/^#/, "") : "";
}

/** What was typed in search of a room: its words are one. */
export function dashed(typed: string): string {
  return typed.trim().replace(/\s+/g, "-");
}

/** Whether this can be somebody's name, as far as one can tell without the server. */
export function isNick(typed: string): boolean {
  return NICK.test(typed) && !typed.startsWith("+");
}

/** The address of a room, or of the conversation `@nick`. */
export function addressOf(room: string): string {
  const [kind, name] = isPrivate(room) ? ["with", room.slice(1)] : ["room", room];
  return `#/${kind}/${encodeURIComponent(name)}`;
}

/** What the address names: `lobby`, or `@bob`. */
export function addressedRoom(): string {
  return namedByAddress() || LOBBY;
}

/** The same, but "" if it names nothing. */
export function namedByAddress(): string {
  const [, kind, name = ""] = location.hash.match(/^#\/(room|with)\/(.+)$/) ?? [];
  const decoded = unescaped(name);
  if (kind === "with") return NICK.test(decoded) ? `@${decoded}` : "";
  return roomName(decoded);
}

function unescaped(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return "";
  }
}
