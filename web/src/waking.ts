// Tells the chat whenever somebody or the network may be back, or gone.

import type { Chat } from "./chat/chat";

export function watchBrowser(chat: Chat): void {
  addEventListener("online", () => chat.wake(true));
  addEventListener("offline", () => chat.offline());
  addEventListener("pageshow", ({ persisted }) => persisted && chat.wake(true));
  document.addEventListener("resume", () => chat.wake());
  document.addEventListener("visibilitychange", () => (document.hidden ? chat.hurry() : chat.wake()));
  addEventListener("pagehide", () => chat.hurry());
}
