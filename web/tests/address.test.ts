// @vitest-environment happy-dom
// What the address of the page names.

import { signal } from "@preact/signals";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { addressedRoom, addressOf, dashed, isNick, roomName } from "../src/address";
import type { Chat } from "../src/chat/chat";
import { Place } from "../src/chat/place";
import { followAddress } from "../src/following";

describe("the address", () => {
  test.each(["lobby", "salon_été", "茶", "@bob", "@Dörte", "@b.o-b", "@+5f0c2b9e4d7a1136"])(
    "of %s names it",
    (room) => {
      location.hash = addressOf(room);
      expect(addressedRoom()).toBe(room);
    },
  );

  test.each(["", "#", "#/room/", "#/room/no%20room", "#/room/%", "#/with/<b>", "#/nowhere/tea"])(
    "%s means the lobby",
    (hash) => {
      location.hash = hash;
      expect(addressedRoom()).toBe("lobby");
    },
  );
});

test("the name of a room may have its sign, and no other", () => {
  expect(["tea", "#tea", "##tea", "@tea", "t a", "", "x".repeat(65)].map(roomName)).toEqual([
    "tea",
    "tea",
    "",
    "",
    "",
    "",
    "",
  ]);
});

test("a room that is typed has a dash between its words", () => {
  expect([" Family  Dinner ", "#at\u00a0four\n", "tea", " "].map(dashed)).toEqual([
    ...["Family-Dinner", "#at-four", "tea", ""],
  ]);
});

test("a name is one word, and doesn't look like an outside program's", () => {
  expect(["bob", "Dörte", "b.o-b", "Anna Maria", "_bob", "+bob", "", "x".repeat(33)].filter(isNick)).toEqual([
    "bob",
    "Dörte",
    "b.o-b",
  ]);
});

describe("following the address", () => {
  const places = new Map(["lobby", "tea", "garden"].map((name) => [name, new Place(name)]));
  const current = signal(places.get("lobby")!);
  const tell = vi.fn();
  const chat = {
    current,
    tell,
    placeNamed: (room: string) => places.get(room),
    open: (room: string) => {
      current.value = places.get(room)!;
    },
  } as unknown as Chat;
  const push = vi.spyOn(history, "pushState");
  const replace = vi.spyOn(history, "replaceState");

  beforeEach(() => {
    for (const mock of [tell, push, replace]) mock.mockClear();
    location.hash = "#/room/tea";
    current.value = places.get("tea")!;
  });
  followAddress(chat);

  test("one can go back to where one was", () => {
    current.value = places.get("garden")!;
    expect(push).toHaveBeenCalledExactlyOnceWith(null, "", "#/room/garden");
    expect(replace).not.toHaveBeenCalled();
  });

  test("but not to what was left", () => {
    const tea = places.get("tea")!;
    places.delete("tea");
    current.value = places.get("garden")!;
    places.set("tea", tea);
    expect(replace).toHaveBeenCalledExactlyOnceWith(null, "", "#/room/garden");
    expect(push).not.toHaveBeenCalled();
  });

  test("nor to another way to write the same", () => {
    places.set("Garden", places.get("garden")!);
    location.hash = "#/room/Garden";
    current.value = places.get("garden")!;
    expect(replace).toHaveBeenCalledExactlyOnceWith(null, "", "#/room/garden");
    expect(push).not.toHaveBeenCalled();
  });

  test("an address that names nothing is told, and leads to the lobby", () => {
    location.hash = "#/room/<b>";
    dispatchEvent(new Event("hashchange"));
    expect(current.value.room.value).toBe("lobby");
    expect(tell).toHaveBeenCalledWith(expect.objectContaining({ what: "error" }));
    expect(replace).toHaveBeenLastCalledWith(null, "", "#/room/lobby");
  });
});
