// Notifications on the desktop of mentions and private messages: when they were asked for, and where
// nobody sees the message itself.

import { computed, effect, signal } from "@preact/signals";
import { addressOf } from "./address";
import type { Chat } from "./chat/chat";
import { mentions } from "./chat/mentions";
import { isMessage, type Place } from "./chat/place";
import { remember, remembered } from "./memory";
import type { Entry } from "./protocol";
import { once } from "./tabs";
import { plain } from "./text/summary";
import { t } from "./texts";

const RECENT = 600_000; // ms: what was missed longer ago is told by the page alone
const WAIT = 500; // ms: if another tab shows the message to somebody it says so by then
const KEY = "notifications";

const wanted = signal(remembered("localStorage", KEY, false));
const permission = signal(permitted());

/** What has become of the user's wish for notifications. */
export const notifications = computed<"off" | "on" | "denied" | "unsupported">(() => {
  if (permission.value === "granted") return wanted.value ? "on" : "off";
  return permission.value === "default" ? "off" : permission.value;
});

/** Show notifications from now on, if the user permits it. To be called when something was clicked. */
export async function askForNotifications(): Promise<void> {
  if (permission.value !== "unsupported") permission.value = await Notification.requestPermission();
  want(permission.value === "granted");
}

/** Show no notifications any more. */
export function stopNotifications(): void {
  want(false);
}

/** Watch for what is to be shown. */
export function notifyOf(chat: Chat): void {
  const notifier = new Notifier(chat);
  chat.onmessage = (place, entry, missed) => notifier.heard(place, entry, missed);
  addEventListener("focus", () => {
    permission.value = permitted(); // it is given and taken back in the browser's own windows
  });
  addEventListener("storage", ({ key }) => {
    if (key === KEY) wanted.value = remembered("localStorage", KEY, false);
  });
}

class Notifier {
  readonly #chat: Chat;
  readonly #due = new Map<Place, Entry>(); // the newest of each place that is to be shown in a moment

  constructor(chat: Chat) {
    this.#chat = chat;
  }

  heard(place: Place, entry: Entry, missed: boolean): void {
    if (notifications.value !== "on" || !this.#concerns(place, entry)) return;
    if (missed && Date.now() - Date.parse(entry.time) > RECENT) return;
    if (this.#looksAt(place)) {
      void once(keyOf(entry), () => {});
      return;
    }
    if (!this.#due.has(place)) setTimeout(() => this.#show(place), WAIT);
    this.#due.set(place, entry);
  }

  #concerns(place: Place, entry: Entry): boolean {
    if (!isMessage(entry) || (entry.epoch === place.epoch && entry.seq <= place.read)) return false;
    return place.isPrivate || mentions(entry.text, this.#chat.me.nick);
  }

  #looksAt(place: Place): boolean {
    return place === this.#chat.current.value && !document.hidden && document.hasFocus();
  }

  #show(place: Place): void {
    const entry = this.#due.get(place)!;
    this.#due.delete(place);
    void once(keyOf(entry), () => this.#notify(place, entry));
  }

  #notify(place: Place, { from, text }: Entry): void {
    const name = `\u2068${from}\u2069`; // isolated: it may be written from right to left
    const title = place.isPrivate ? name : t().notifications.inRoom(name, place.room.value);
    const body = plain(text.replace(/^\/me /, ""));
    const tag = `${location.pathname} ${place.address}`; // one for each place
    const options: NotificationOptions = { body, tag, icon: "./icon-192.png", dir: "auto" };
    try {
      this.#canBeClicked(place, new Notification(title, options));
    } catch {
      // Phones take them from the service worker only, which opens the place then.
      const data = addressOf(place.room.value);
      void navigator.serviceWorker?.ready.then((worker) =>
        worker.showNotification(title, { ...options, data }),
      );
    }
  }

  #canBeClicked(place: Place, shown: Notification): void {
    shown.onclick = () => {
      window.focus();
      this.#chat.open(place.room.value);
      shown.close();
    };
    this.#closeWhenRead(place, shown);
  }

  #closeWhenRead(place: Place, shown: Notification): void {
    let unread = false;
    const forget = effect(() => {
      if (unread && place.unread.value === 0) shown.close();
      unread = place.unread.value > 0;
    });
    const looked = () => this.#looksAt(place) && shown.close();
    addEventListener("focus", looked);
    shown.onclose = () => {
      forget();
      removeEventListener("focus", looked);
    };
  }
}

function keyOf({ user, msgid }: Entry): string {
  return `${user} ${msgid}`;
}

function want(wish: boolean): void {
  wanted.value = wish;
  remember("localStorage", KEY, wish);
}

function permitted(): NotificationPermission | "unsupported" {
  if (globalThis.isSecureContext === false) return "unsupported"; // "denied", says Chromium
  return "Notification" in globalThis ? Notification.permission : "unsupported";
}
