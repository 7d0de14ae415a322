// @vitest-environment happy-dom
// Notifications: of what, when, and by which tab.

import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Chat } from "../src/chat/chat";
import { Place } from "../src/chat/place";
import type { Entry } from "../src/protocol";

const ME = { user: "u-ann", nick: "ann" };

class Shown {
  static all: Shown[] = [];
  static permission: NotificationPermission = "default";
  static answer: NotificationPermission = "granted";
  static async requestPermission(): Promise<NotificationPermission> {
    Shown.permission = Shown.answer;
    return Shown.answer;
  }

  open = true;
  onclick?: () => void;
  onclose?: () => void;

  constructor(
    readonly title: string,
    readonly options: NotificationOptions,
  ) {
    Shown.all.push(this);
  }

  close(): void {
    this.open = false;
    this.onclose?.();
  }
}

/** The browser's locks, which all tabs share. */
class Locks {
  readonly held = new Set<string>();

  async request(name: string, _: object, what: (lock: object | null) => unknown): Promise<void> {
    if (this.held.has(name)) {
      await what(null);
      return;
    }
    this.held.add(name);
    await what({});
    this.held.delete(name);
  }
}

let locks: Locks;
let seq = 0;

/** What somebody said, in the log. */
function entry(room: string, text: string, fields: Partial<Entry> = {}): Entry {
  seq += 1;
  const time = new Date().toISOString();
  const from = { from: "bob", user: "u-bob" };
  return { type: "message", room, epoch: "e", seq, msgid: `m${seq}`, text, time, ...from, ...fields };
}

/** A tab of one's own: each has modules of its own. */
async function tab() {
  vi.resetModules();
  const { notifyOf, notifications, askForNotifications, stopNotifications } = await import("../src/notify");
  const lobby = new Place("lobby");
  const bob = new Place("@bob", "u-bob");
  for (const place of [lobby, bob]) place.begin("e", seq, seq);
  const current = signal(lobby);
  const open = vi.fn();
  const chat = { current, open, me: ME, onmessage: (() => {}) as Chat["onmessage"] };
  notifyOf(chat as unknown as Chat);
  const hears = (place: Place, text: string, missed = false, fields: Partial<Entry> = {}) => {
    const heard = entry(place.room.value, text, fields);
    chat.onmessage(place, heard, missed);
    place.append([heard], ME);
    return heard;
  };
  return { chat, lobby, bob, open, hears, notifications, askForNotifications, stopNotifications };
}

async function askedTab() {
  const asked = await tab();
  await asked.askForNotifications();
  return asked;
}

const titles = () => Shown.all.map(({ title }) => title.replace(/[\u2068\u2069]/g, ""));
const soon = () => vi.advanceTimersByTimeAsync(1_000);

function looks(focused: boolean, hidden = false): void {
  vi.spyOn(document, "hasFocus").mockReturnValue(focused);
  vi.spyOn(document, "hidden", "get").mockReturnValue(hidden);
}

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  locks = new Locks();
  Object.defineProperty(navigator, "locks", { value: locks, configurable: true });
  vi.stubGlobal("Notification", Shown);
  Object.assign(Shown, { all: [], permission: "default", answer: "granted" });
  looks(false, true);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("the wish for notifications", () => {
  test("is asked for and taken back", async () => {
    const { notifications, askForNotifications, stopNotifications } = await tab();
    expect(notifications.value).toBe("off");
    await askForNotifications();
    expect(notifications.value).toBe("on");
    expect((await tab()).notifications.value, "after a reload").toBe("on");
    stopNotifications();
    expect(notifications.value).toBe("off");
    expect((await tab()).notifications.value).toBe("off");
  });

  test("may not be granted, nor possible", async () => {
    Shown.answer = "denied";
    const { notifications, askForNotifications } = await tab();
    await askForNotifications();
    expect(notifications.value).toBe("denied");
    vi.stubGlobal("Notification", undefined);
    Reflect.deleteProperty(globalThis, "Notification");
    const old = await tab();
    await old.askForNotifications();
    expect(old.notifications.value).toBe("unsupported");
  });

  test("is looked at again when somebody comes back", async () => {
    const { notifications } = await askedTab();
    Shown.permission = "denied";
    dispatchEvent(new Event("focus"));
    expect(notifications.value).toBe("denied");
  });
});

describe("a notification", () => {
  test("is shown for mentions and private messages only, and in one's own tongue", async () => {
    const { lobby, bob, hears } = await askedTab();
    hears(lobby, "tea?");
    hears(lobby, "@anna?");
    hears(lobby, "", false, { deleted: true });
    await soon();
    expect(titles()).toEqual([]);
    hears(lobby, "*tea*, @ann?");
    hears(bob, "/me waits");
    await soon();
    expect(titles()).toEqual(["bob in #lobby", "bob"]);
    expect(Shown.all.map(({ options }) => options.body)).toEqual(["tea, @ann?", "waits"]);
  });

  test("isn't shown unless it was asked for", async () => {
    const { bob, hears } = await tab();
    Shown.permission = "granted";
    hears(bob, "psst");
    await soon();
    expect(titles()).toEqual([]);
  });

  test("isn't shown to somebody who looks at the place", async () => {
    const { chat, lobby, bob, hears } = await askedTab();
    looks(true);
    hears(lobby, "@ann?");
    await soon();
    expect(titles()).toEqual([]);
    hears(bob, "psst");
    await soon();
    expect(titles(), "of another place").toEqual(["bob"]);
    looks(false);
    chat.current.value = lobby;
    hears(lobby, "@ann?");
    await soon();
    expect(titles(), "beside another window").toEqual(["bob", "bob in #lobby"]);
  });

  test("is one for each place, the latest", async () => {
    const { bob, hears } = await askedTab();
    hears(bob, "one");
    hears(bob, "two");
    await soon();
    hears(bob, "three");
    await soon();
    expect(Shown.all.map(({ options }) => options.body)).toEqual(["two", "three"]);
    expect(new Set(Shown.all.map(({ options }) => options.tag)).size).toBe(1);
  });

  test("tells of what was missed a moment ago, and not of what was missed long ago or read", async () => {
    const { bob, hears } = await askedTab();
    const ago = (minutes: number) => ({ time: new Date(Date.now() - minutes * 60_000).toISOString() });
    hears(bob, "yesterday", true, ago(600));
    await soon();
    expect(titles()).toEqual([]);
    const read = hears(bob, "on the phone", true);
    await soon();
    expect(Shown.all.map(({ options }) => options.body)).toEqual(["on the phone"]);
    bob.told(read.seq + 1);
    hears(bob, "read elsewhere", true);
    await soon();
    expect(titles().length).toBe(1);
    hears(bob, "just now", true, ago(1));
    await soon();
    expect(titles().length).toBe(2);
    hears(bob, "from a computer whose clock is wrong", false, ago(600));
    await soon();
    expect(titles().length).toBe(3);
  });

  test("opens its place", async () => {
    const { open, bob, hears } = await askedTab();
    hears(bob, "psst");
    await soon();
    Shown.all[0]!.onclick!();
    expect(open).toHaveBeenCalledWith("@bob");
    expect(Shown.all[0]!.open).toBe(false);
  });

  test("goes when its message was read, or its place is looked at", async () => {
    const { chat, lobby, bob, hears } = await askedTab();
    const psst = hears(bob, "psst");
    hears(lobby, "@ann?");
    await soon();
    bob.told(psst.seq);
    expect(Shown.all.map((each) => each.open)).toEqual([false, true]);
    looks(true);
    chat.current.value = lobby;
    dispatchEvent(new Event("focus"));
    expect(Shown.all.map((each) => each.open)).toEqual([false, false]);
  });

  test("is shown by the service worker where only that may", async () => {
    const showNotification = vi.fn();
    Object.assign(navigator, { serviceWorker: { ready: Promise.resolve({ showNotification }) } });
    const { bob, hears } = await askedTab();
    vi.stubGlobal(
      "Notification",
      Object.assign(() => {}, { permission: "granted" }),
    );
    hears(bob, "psst");
    await soon();
    const options = expect.objectContaining({ body: "psst", data: "#/with/bob" });
    expect(showNotification).toHaveBeenCalledWith(expect.stringContaining("bob"), options);
  });
});

describe("of several tabs", () => {
  test("one notifies", async () => {
    const [one, other] = [await askedTab(), await askedTab()];
    const heard = entry("@bob", "psst");
    for (const { chat, bob } of [one, other]) chat.onmessage(bob, heard, false);
    await soon();
    expect(titles()).toEqual(["bob"]);
  });

  test("none does when one shows the place to somebody", async () => {
    const [one, other] = [await askedTab(), await askedTab()];
    const heard = entry("lobby", "@ann?");
    one.chat.onmessage(one.lobby, heard, false);
    looks(true);
    other.chat.onmessage(other.lobby, heard, false);
    looks(false, true);
    await soon();
    expect(titles()).toEqual([]);
  });

  test("each does without locks, as on a page that came over plain http", async () => {
    Reflect.deleteProperty(navigator, "locks");
    const { bob, hears } = await askedTab();
    hears(bob, "psst");
    await soon();
    expect(titles()).toEqual(["bob"]);
  });
});
