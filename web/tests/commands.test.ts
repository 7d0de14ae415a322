// What is typed is taken apart, and the chat does it.

import { signal } from "@preact/signals";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Chat } from "../src/chat/chat";
import { Place } from "../src/chat/place";
import { COMMANDS, commandIn, enter, lastOwn, Wrong } from "../src/commands";
import { Lost, Refused } from "../src/link";
import type { Message } from "../src/model";

const NOW = Date.parse("2026-11-21T10:48:00Z");
const page = { edit: vi.fn(), search: vi.fn(), emoji: vi.fn(async (name: string) => `<${name}>`) };
const does = {
  ...{ rename: vi.fn(), say: vi.fn(), leave: vi.fn(), edit: vi.fn(), erase: vi.fn(), react: vi.fn() },
  ...{ setTopic: vi.fn(), become: vi.fn(), tell: vi.fn(), listRooms: vi.fn(), who: vi.fn() },
};
let lobby: Place;
let tea: Place;
let chat: Chat;

beforeEach(() => {
  vi.resetAllMocks();
  page.emoji.mockImplementation(async (name) => `<${name}>`);
  vi.useFakeTimers({ now: NOW });
  [lobby, tea] = [new Place("lobby"), new Place("tea")];
  const current = signal(lobby);
  const made = {
    ...{ ...does, current, rooms: signal([lobby, tea]), talks: signal([]), session: "5f0c.secret" },
    limits: signal({ text: 10, rooms: 0, rate: 0, burst: 0, edit_within: 900 }),
    places: () => [lobby, tea],
    placeNamed: (name: string) => [lobby, tea].find(({ room }) => room.value === name),
    open: vi.fn((room: string) => new Place(room)),
  };
  chat = made as unknown as Chat;
});

function said(text: string, more: Partial<Message> = {}): Message {
  const message: Message = {
    ...{ kind: "message", key: text, seq: 1, msgid: text, user: "b0b", from: "bob", text, via: "" },
    ...{ time: new Date(NOW - 60_000).toISOString(), edited: "", deleted: false, mine: false },
    ...{ mention: false, reactions: [], state: "sent", why: "", ...more },
  };
  lobby.newest.items.value = [...lobby.newest.items.value, message];
  return message;
}

function inRooms(...places: Place[]): void {
  Object.assign(chat, { places: () => places });
}

const typed = (text: string) => enter(chat, lobby, text, page);

/** What one is told. */
function told(): string {
  const { calls } = vi.mocked(chat.tell).mock;
  return calls.map(([happening]) => (happening.what === "note" ? happening.text : "")).join();
}

describe("what is no command", () => {
  test.each([
    ["hello", "hello"],
    [" /nick", " /nick"],
    ["/", "/"],
    ["/ nick", "/ nick"],
    ["//nick", "/nick"],
    ["///nick", "//nick"],
    ["a\n/nick b", "a\n/nick b"],
  ])("%j says %j", async (text, expected) => {
    await typed(text);
    expect(chat.say).toHaveBeenCalledExactlyOnceWith(lobby, expected);
  });
});

describe("a command", () => {
  test.each([
    ["/nick", { name: "nick", rest: "" }],
    ["/NICK  ann ", { name: "nick", rest: "ann" }],
    ["/me one\n two\n", { name: "me", rest: "one\n two" }],
    ["/usr/bin", { name: "usr/bin", rest: "" }],
  ])("%j is %j", (text, expected) => expect(commandIn(text)).toEqual(expected));

  test("takes another nick", async () => {
    await typed("/nick Annie");
    expect(chat.rename).toHaveBeenCalledExactlyOnceWith("Annie");
  });

  test.each(["/join tea", "/join #tea", "/join  tea "])("comes into a room: %j", async (text) => {
    await typed(text);
    expect(chat.open).toHaveBeenCalledExactlyOnceWith("tea");
  });

  test("comes into a room of several words", async () => {
    await typed("/join #Family  Dinner");
    expect(chat.open).toHaveBeenCalledExactlyOnceWith("Family-Dinner");
  });

  test("leaves the room one is in, but not the last one", async () => {
    await typed("/leave");
    expect(chat.leave).toHaveBeenCalledExactlyOnceWith(lobby);
    inRooms(lobby);
    await expect(typed("/leave")).rejects.toThrow("your only room");
    expect(chat.leave).toHaveBeenCalledTimes(1);
  });

  test("leaves another room, and stays", async () => {
    await typed("/leave #tea");
    expect(chat.leave).toHaveBeenCalledExactlyOnceWith(tea);
    expect(chat.open).not.toHaveBeenCalled();
  });

  test.each(["/msg bob a\n b", "/msg @bob a\n b"])("says something to one person: %j", async (text) => {
    await typed(text);
    expect(chat.open).toHaveBeenCalledExactlyOnceWith("@bob");
    expect(chat.say).toHaveBeenCalledExactlyOnceWith(vi.mocked(chat.open).mock.results[0]!.value, "a\n b");
  });

  test("only opens a conversation", async () => {
    await typed("/msg bob");
    expect(chat.open).toHaveBeenCalledExactlyOnceWith("@bob");
    expect(chat.say).not.toHaveBeenCalled();
  });

  test("says what one does", async () => {
    await typed("/me smiles");
    expect(chat.say).toHaveBeenCalledExactlyOnceWith(lobby, "/me smiles");
  });

  test("shows and sets the topic", async () => {
    await typed("/topic");
    expect(told()).toContain("no topic");
    lobby.topic.value = "tea at four";
    await typed("/topic");
    expect(told()).toContain("tea at four");
    await typed("/topic tea at five");
    expect(chat.setTopic).toHaveBeenCalledExactlyOnceWith(lobby, "tea at five");
  });

  test("tells who is there, and which rooms there are", async () => {
    vi.mocked(chat.who).mockResolvedValue({
      ...{ room: "tea", count: 3 },
      members: ["ann", "bob"].map((nick) => ({ nick, user: nick })),
    });
    await typed("/who #tea");
    expect(chat.who).toHaveBeenCalledExactlyOnceWith("tea");
    expect(told()).toMatch(/#tea.*3.*ann.*bob/);
    vi.mocked(chat.listRooms).mockResolvedValue([
      { room: "lobby", count: 1, topic: "" },
      { room: "tea", count: 2, topic: "at four" },
    ]);
    await typed("/rooms");
    expect(told()).toMatch(/#lobby.*1 person\n.*#tea.*2 people.*at four/);
  });

  test("searches", async () => {
    await typed("/search two lumps");
    expect(page.search).toHaveBeenCalledExactlyOnceWith("two lumps");
  });

  test("changes and deletes one's last message", async () => {
    const mine = said("tee", { mine: true });
    said("of bob");
    said("gone", { mine: true, deleted: true, text: "" });
    await typed("/edit tea");
    expect(chat.edit).toHaveBeenCalledExactlyOnceWith(lobby, mine, "tea");
    await typed("/edit tee");
    expect(chat.edit, "the same text").toHaveBeenCalledTimes(1);
    await typed("/edit");
    expect(page.edit).toHaveBeenCalledExactlyOnceWith(mine);
    await typed("/delete");
    expect(chat.erase).toHaveBeenCalledExactlyOnceWith(lobby, mine);
  });

  test("reacts to what somebody else said last", async () => {
    const bobs = said("of bob");
    said("mine", { mine: true });
    await typed("/react :tea:");
    expect(chat.react).toHaveBeenCalledExactlyOnceWith(lobby, bobs, "<:tea:>", true);
  });

  test("shows one's session, or takes another", async () => {
    await typed("/session");
    expect(told()).toContain("/session 5f0c.secret");
    await typed("/session b0b.other bob");
    expect(chat.become).toHaveBeenCalledExactlyOnceWith("b0b.other");
  });

  test("explains all of them", async () => {
    await typed("/help");
    for (const name of COMMANDS) expect(told()).toContain(`/${name} `);
    expect(told()).toContain("/msg NAME TEXT");
  });
});

describe("what can't be done says why, and what could be", () => {
  test.each([
    ["/dance", "There is no /dance"],
    ["/constructor", "There is no /constructor"],
    ["/nick", "/nick NAME"],
    ["/join", "/join ROOM"],
    ["/join @bob", "/msg NAME TEXT"],
    ["/join two/words", "/join ROOM"],
    ["/leave nowhere", "nowhere"],
    ["/msg", "/msg NAME TEXT"],
    ["/me", "/me TEXT"],
    ["/react", "/react EMOJI"],
    ["/edit x", "nothing"],
    ["/edit", "nothing"],
    ["/delete", "nothing"],
    ["/react x", "Nobody"],
    ["/who @bob", "/who [ROOM]"],
    ["12345678901", "at most 10 characters"],
    ["/me 45678901", "at most 10 characters"],
    ["/msg bob 12345678901", "at most 10 characters"],
  ])("%j: %j", async (text, why) => {
    await expect(typed(text)).rejects.toThrow(why);
    await expect(typed(text)).rejects.toThrow(Wrong);
    expect(chat.say).not.toHaveBeenCalled();
    expect(chat.open, "nothing was opened").not.toHaveBeenCalled();
  });

  test("a message is as long as its characters are many", async () => {
    await typed("👍".repeat(10));
    expect(chat.say).toHaveBeenCalledTimes(1);
    chat.limits.value = { ...chat.limits.value, text: 0 };
    await typed("x".repeat(100));
    expect(chat.say).toHaveBeenCalledTimes(2);
  });

  test("conversations have no topic and no list of people", async () => {
    for (const text of ["/topic", "/topic tea", "/who"]) {
      await expect(enter(chat, new Place("@bob"), text, page)).rejects.toThrow("Only rooms");
    }
  });

  test("the server's words are said", async () => {
    vi.mocked(chat.rename).mockRejectedValueOnce(new Refused({ code: "nick_in_use", message: "no!" }));
    await expect(typed("/nick bob")).rejects.toThrow("no!");
    vi.mocked(chat.rename).mockRejectedValueOnce(new Lost("lost"));
    await expect(typed("/nick bob")).rejects.toThrow("not connected");
  });
});

test("a message can be changed for a while", () => {
  const mine = said("tee", { mine: true });
  expect(lastOwn(chat, lobby)).toBe(mine);
  vi.setSystemTime(NOW + 3_600_000);
  expect(lastOwn(chat, lobby)).toBeUndefined();
  chat.limits.value = { ...chat.limits.value, edit_within: 0 };
  expect(lastOwn(chat, lobby), "without a limit, for ever").toBe(mine);
});
