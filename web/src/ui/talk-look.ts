// Whether somebody looks at the newest, and what has to be read because it comes into view.

import type { Chat } from "../chat/chat";
import type { Timeline } from "../chat/timeline";
import type { Scroll } from "./talk-scroll";

const AGAIN = 5_000; // ms until what brought nothing is asked for again

let asked: { timeline: Timeline; edge: number; at: number } | null = null;

/** Tell the chat what is seen, and have it read what is nearly in view. */
export function look(chat: Chat, scroll: Scroll): void {
  const place = chat.current.value;
  const connected = chat.connection.value.state === "connected" && place.ready.value;
  const watched = connected && !place.filling && !document.hidden && scroll.atEnd.value;
  if (place.watched !== watched) chat.watch(place, watched);
  if (!connected || place.loading.value) return;
  const timeline = place.shown.value;
  if (scroll.nearFirst && timeline.hasOlder.value) {
    if (isNews(timeline, timeline.floor)) void chat.older(place);
  } else if (scroll.nearLast && place.past.value) {
    if (isNews(timeline, timeline.last)) void chat.newer(place);
  }
}

/** Whether what lies beyond this edge wasn't asked for just now. */
function isNews(timeline: Timeline, edge: number): boolean {
  const now = performance.now();
  if (asked?.timeline === timeline && asked.edge === edge && now - asked.at < AGAIN) return false;
  asked = { timeline, edge, at: now };
  return true;
}
