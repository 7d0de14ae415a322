// How much isn't read, in the title of the page, on its icon in the tab, and on that of the app where
// it was installed.

import { computed, effect } from "@preact/signals";
import type { Chat } from "./chat/chat";
import type { Place } from "./chat/place";
import { nameOf, unreadText } from "./ui/unread";

type Places = Pick<Chat, "current" | "places">;

/** Unread messages of all places, and those among them that concern oneself. */
interface Unread {
  count: number;
  beyond: boolean; // there are more
  mentions: number;
}

/** Have the title and the icons tell from now on. */
export function showUnread(chat: Places): void {
  const unread = computed(() => sum(chat));
  effect(() => {
    document.title = titled(chat.current.value, unread.value);
  });
  const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]")!;
  effect(() => {
    const href = iconFor(unread.value);
    if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
    badge(unread.value);
  });
}

function sum(chat: Places): Unread {
  let [count, mentions, beyond] = [0, 0, false];
  for (const place of chat.places()) {
    count += place.unread.value;
    mentions += place.mentions.value;
    beyond ||= place.unreadBeyond.value;
  }
  return { count, beyond, mentions };
}

function titled(place: Place, { count, beyond }: Unread): string {
  return `${count > 0 ? `(${unreadText(count, beyond)}) ` : ""}${nameOf(place)} - rabbitchat`;
}

function iconFor({ count, mentions }: Unread): string {
  if (mentions > 0) return "./icon-mention.svg";
  return count > 0 ? "./icon-unread.svg" : "./icon.svg";
}

function badge({ count, mentions }: Unread): void {
  if (!("setAppBadge" in navigator)) return;
  const told = count === 0 ? navigator.clearAppBadge() : navigator.setAppBadge(mentions || undefined);
  told.catch(() => {}); // it isn't installed
}
