// The address of the page names what is looked at: #/room/lobby, or #/with/bob.

import { effect } from "@preact/signals";
import type { Chat } from "./chat/chat";
import { isPrivate } from "./protocol";

export const LOBBY = "lobby";

// A name that the server refuses would leave one in no room at all.
const ROOM = /^#?[\p{L}\p{N}\p{M}_-]{1,64}$/u;
const NICK = /^[\p{L}\p{N}][\p{L}\p{N}\p{M}._-]{0,31}$/u;

/** The name of a room as it was typed, without its `#`; "" if it can't be one. */
export function roomName(typed: string): string {
  return ROOM.test(typed) ? typed.replace(/^#/, "") : "";
}

/** The address of a room, or of the conversation `@nick`. */
export function addressOf(room: string): string {
  const [kind, name] = isPrivate(room) ? ["with", room.slice(1)] : ["room", room];
  return `#/${kind}/${encodeURIComponent(name)}`;
}

/** What the address names: `lobby`, or `@bob`. */
export function addressedRoom(): string {
  const [, kind, name = ""] = location.hash.match(/^#\/(room|with)\/(.+)$/) ?? [];
  const decoded = unescaped(name);
  if (kind === "with" && NICK.test(decoded)) return `@${decoded}`;
  return (kind === "room" && roomName(decoded)) || LOBBY;
}

function unescaped(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return "";
  }
}

/** Have the chat look at what the address names, and the address name what the chat looks at. */
export function followAddress(chat: Chat): void {
  addEventListener("hashchange", () => chat.open(addressedRoom()));
  effect(() => {
    const address = addressOf(chat.current.value.room.value);
    if (location.hash !== address) history.pushState(null, "", address);
  });
}
