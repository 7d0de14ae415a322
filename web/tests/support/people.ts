// People who use the store of the page without the page, in a time that only goes on when it is told to.

import { afterEach, beforeEach, expect, vi } from "vitest";
import { Chat } from "../../src/chat/chat";
import type { Place } from "../../src/chat/place";
import type { Item, Message } from "../../src/model";
import type { FakeServer } from "./fake-server";

/** Storage of a browser, or of a tab. */
class FakeStorage {
  readonly #all = new Map<string, string>();
  getItem = (key: string) => this.#all.get(key) ?? null;
  setItem = (key: string, value: string) => void this.#all.set(key, value);
}

/** From now on there is another tab, or another browser. Until then there is none: nothing is kept, so
 * that everybody is somebody else. */
export function anotherTab(): void {
  vi.stubGlobal("sessionStorage", new FakeStorage());
}

export function anotherBrowser(): void {
  vi.stubGlobal("localStorage", new FakeStorage());
  anotherTab();
}

/** Have each test of a file live in its own time, and see that nothing breaks. */
export function inFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.parse("2026-11-21T10:00:00Z"), toFake: TIMERS });
    vi.stubGlobal("localStorage", undefined);
    vi.stubGlobal("sessionStorage", undefined);
    vi.spyOn(console, "error");
  });
  afterEach(() => {
    expect(console.error).not.toHaveBeenCalled();
    vi.clearAllTimers();
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });
}

const TIMERS = [
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "Date",
] as const satisfies string[];

/** Let this much time pass. Each thing happens alone, and what follows from it before the next. */
export async function pass(ms: number): Promise<void> {
  let isOver = false;
  setTimeout(() => {
    isOver = true;
  }, ms);
  await settled();
  while (!isOver) {
    vi.advanceTimersToNextTimer();
    await settled();
  }
}

/** What follows from what has just happened. */
async function settled(): Promise<void> {
  for (let hop = 0; hop < 20; hop++) await Promise.resolve();
}

/** Let time pass until this is so. */
export async function until(isSo: () => unknown, ms = 60_000): Promise<void> {
  const end = Date.now() + ms;
  await settled();
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`it did not become so: ${isSo}`);
    await pass(10);
  }
}

/** Somebody who is coming in. */
export function comes(server: FakeServer, nick: string, room = "lobby"): Chat {
  const chat = new Chat(server.connect, room);
  chat.start(nick);
  return chat;
}

/** Somebody who has come in. */
export async function person(server: FakeServer, nick: string, room = "lobby"): Promise<Chat> {
  const chat = comes(server, nick, room);
  await until(() => isConnected(chat));
  await pass(50);
  return chat;
}

export function isConnected(chat: Chat): boolean {
  return chat.connection.value.state === "connected";
}

export function messages(items: readonly Item[]): Message[] {
  return items.filter((item) => item.kind === "message");
}

/** The texts of what is shown in a place. */
export function texts(place: Place): string[] {
  return messages(place.shown.value.items.value).map(({ text }) => text);
}

/** What happened in a place. */
export function notices(place: Place): string[] {
  const items = place.newest.items.value.filter((item) => item.kind === "notice");
  return items.map(({ happening }) => (happening.what === "gap" ? `gap: ${happening.why}` : happening.what));
}

/** The place with this name. */
export function place(chat: Chat, room: string): Place {
  return chat.placeNamed(room)!;
}
