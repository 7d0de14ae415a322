// Where one could go, by a part of a name.

import { signal } from "@preact/signals";
import { describe, expect, test } from "vitest";
import type { Chat } from "../src/chat/chat";
import { Place } from "../src/chat/place";
import { goals } from "../src/ui/goals";

/** ann is in these rooms, where these people are, and has these conversations; she looks at the first. */
function chatOf(rooms: Record<string, string[]>, talks: string[] = []): Chat {
  const inside = Object.entries(rooms).map(([name, nicks]) => {
    const place = new Place(name);
    const members = ["ann", ...nicks].map((nick) => ({ nick, user: `id of ${nick}` }));
    place.peopled(members, members.length);
    return place;
  });
  const spoken = talks.map((name) => new Place(name));
  const chat = {
    rooms: signal(inside),
    talks: signal(spoken),
    current: signal(inside[0]),
    me: { nick: "ann", user: "id of ann" },
    places: () => [...inside, ...spoken],
  };
  return chat as unknown as Chat;
}

function found(chat: Chat, part: string, people = false): string[] {
  return goals(chat, part, people).map(({ room, isNew }) => (isNew ? `${room}?` : room));
}

describe("goals", () => {
  const chat = chatOf({ lobby: ["bob", "Tessa"], garden: ["bob"], tea: [], "green-tea": [] }, ["@cy"]);

  test("are all places but the one that is looked at, and the people in them", () => {
    expect(found(chat, "")).toEqual(["garden", "tea", "green-tea", "@cy", "@bob", "@Tessa"]);
  });

  test("that begin with what was typed come first", () => {
    expect(found(chat, "TE")).toEqual(["tea", "@Tessa", "green-tea", "TE?"]);
  });

  test("are rooms only after #, and people only after @", () => {
    expect(found(chat, "#te")).toEqual(["tea", "te?"]);
    expect(found(chat, "@te")).toEqual(["@Tessa"]);
  });

  test("may be people only, those first to whom one has spoken", () => {
    expect(found(chat, "", true)).toEqual(["@cy", "@bob", "@Tessa"]);
    expect(found(chat, "te", true)).toEqual(["@Tessa"]);
  });

  test("may be a room that is new, if it can be one and is none yet", () => {
    expect(found(chat, "kitchen")).toEqual(["kitchen?"]);
    expect(found(chat, "tea")).toEqual(["tea", "green-tea"]);
    expect(found(chat, "no/room")).toEqual([]);
  });

  test("have a dash between their words", () => {
    expect(found(chat, "Green Tea")).toEqual(["green-tea", "Green-Tea?"]);
    expect(found(chat, "#family dinner")).toEqual(["family-dinner?"]);
  });

  test("with something unread come before others, those that mention one before these", () => {
    const busy = chatOf({ lobby: [], a: [], b: [], c: [] });
    const [, , b, c] = busy.rooms.value;
    b!.unread.value = 2;
    c!.unread.value = 1;
    c!.mentions.value = 1;
    expect(found(busy, "")).toEqual(["c", "b", "a"]);
  });
});
