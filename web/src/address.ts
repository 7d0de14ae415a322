// The address of the page names what is looked at: #/room/lobby, or #/with/bob.

import { effect } from "@preact/signals";
import type { Chat } from "./chat/chat";
import { isPrivate } from "./protocol";
import { t } from "./texts";

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
  return named() || LOBBY;
}

/** The same, but "" if it names nothing. */
function named(): string {
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

/** Have the chat look at what the address names, and the address name what the chat looks at. */
export function followAddress(chat: Chat): void {
  const look = () => {
    const wrong = location.hash !== "" && named() === "";
    chat.open(addressedRoom());
    if (wrong) chat.tell({ what: "error", code: "", text: t().places.noRoom });
  };
  addEventListener("hashchange", look);
  look();
  effect(() => {
    const address = addressOf(chat.current.value.room.value);
    if (location.hash === address) return;
    // What was left, or has another name now, is nothing to go back to; nor is one's own place.
    const there = named() !== "" ? chat.placeNamed(named()) : undefined;
    if (there && there !== chat.current.value) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  });
}
