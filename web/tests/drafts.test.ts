// @vitest-environment happy-dom
// Drafts: each place has its own, and they outlive a reload.

import { beforeEach, describe, expect, test, vi } from "vitest";
import { Place } from "../src/chat/place";

/** The page is opened, again. */
async function opened() {
  vi.resetModules();
  return await import("../src/drafts");
}

beforeEach(() => localStorage.clear());

describe("drafts", () => {
  test("belong to their place, and are gone when nothing is left of them", async () => {
    const { drafts, draftIn, keepDraft } = await opened();
    const [tea, lobby] = [new Place("tea"), new Place("lobby")];
    keepDraft(tea, "two lumps");
    expect(draftIn(tea)).toBe("two lumps");
    expect(draftIn(lobby)).toBe("");
    expect([...drafts.value]).toEqual([["tea", "two lumps"]]);
    keepDraft(tea, "");
    expect(drafts.value.size).toBe(0);
  });

  test("outlive a reload", async () => {
    (await opened()).keepDraft(new Place("tea"), "two lumps");
    expect((await opened()).draftIn(new Place("tea"))).toBe("two lumps");
    (await opened()).keepDraft(new Place("tea"), "");
    expect((await opened()).draftIn(new Place("tea"))).toBe("");
  });

  test("stay with a conversation when it becomes known who that is", async () => {
    const { drafts, draftIn, keepDraft } = await opened();
    const talk = new Place("@bob");
    keepDraft(talk, "psst");
    talk.user = "b0b";
    expect(draftIn(talk)).toBe("psst");
    keepDraft(talk, "psst!");
    expect([...drafts.value]).toEqual([["@+b0b", "psst!"]]);
    talk.room.value = "@bobby";
    expect(draftIn(talk)).toBe("psst!");
  });

  test("of two tabs don't push each other out", async () => {
    const one = await opened();
    const other = await opened();
    one.keepDraft(new Place("tea"), "one");
    other.keepDraft(new Place("lobby"), "other");
    const later = await opened();
    expect(later.draftIn(new Place("tea"))).toBe("one");
    expect(later.draftIn(new Place("lobby"))).toBe("other");
  });

  test("are not kept without end", async () => {
    const { drafts, draftIn, keepDraft } = await opened();
    for (let room = 0; room < 60; room++) keepDraft(new Place(`room${room}`), "x");
    expect(drafts.value.size).toBe(50);
    expect(draftIn(new Place("room9"))).toBe("");
    expect(draftIn(new Place("room10"))).toBe("x");
    keepDraft(new Place("long"), "x".repeat(30_000));
    expect(draftIn(new Place("long"))).toHaveLength(30_000);
    expect((await opened()).draftIn(new Place("long"))).toHaveLength(20_000);
  });

  test("that something else left there are no drafts", async () => {
    for (const left of ["nonsense", '"text"', "{}", "[1]", '[["tea"]]', '[["tea", 1], ["lobby", "x"]]']) {
      localStorage.setItem("drafts", left);
      expect((await opened()).draftIn(new Place("tea"))).toBe("");
    }
  });
});
