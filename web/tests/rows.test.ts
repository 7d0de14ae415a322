// The rows that are made of what was said and what happened.

import { describe, expect, test } from "vitest";
import type { Happening, Item, Message, Notice } from "../src/model";
import { Heights } from "../src/rows/heights";
import type { Row } from "../src/rows/row";
import { type Look, Rows } from "../src/rows/rows";
import { MOST, sliceAtEnd, sliceFor } from "../src/rows/slice";

const LOOK: Look = { line: -1, missed: 0, more: false, unfolded: new Set() };
const NOON = new Date(2026, 2, 6, 12).getTime();

/** So many minutes after noon, here. */
const at = (minutes: number) => new Date(NOON + minutes * 60_000).toISOString();

function message(seq: number, from: string, minutes = 0, others: Partial<Message> = {}): Message {
  return {
    ...{ kind: "message", key: `m${seq}`, seq, msgid: `${seq}`, user: from, from, time: at(minutes) },
    ...{ text: `text ${seq}`, via: "", edited: "", deleted: false, mine: false, mention: false },
    ...{ reactions: [], state: "sent", why: "" },
    ...others,
  };
}

let notices = 0;

function notice(what: "join" | "leave" | "error", minutes = 0): Notice {
  const happening: Happening =
    what === "error" ? { what, code: "", text: "no" } : { what, user: "b", nick: "bob", reason: "" };
  return { kind: "notice", key: `n${++notices}`, time: at(minutes), happening };
}

/** Each row in short: "m1", "m2-" for a compact one, "missed 2", "day", "5 comings". */
function short(rows: readonly Row[]): string[] {
  return rows.map((row) => {
    if (row.kind === "message") return row.key + (row.compact ? "-" : "");
    if (row.kind === "missed") return `missed ${row.count}`;
    if (row.kind === "comings") return `${row.notices.length} comings`;
    return row.kind;
  });
}

const made = (items: readonly Item[], look: Partial<Look> = {}) =>
  short(new Rows().of(items, { ...LOOK, ...look }));

describe("messages", () => {
  test("of one sender need one name, for five minutes", () => {
    const items = [message(1, "ann"), message(2, "ann", 4), message(3, "bob", 5), message(4, "bob", 11)];
    expect(made(items)).toEqual(["day", "m1", "m2-", "m3", "m4"]);
  });

  test("need one again after another nick, an action, or something that happened", () => {
    const items = [
      message(1, "ann"),
      message(2, "ann", 0, { from: "anna" }),
      message(3, "ann", 0, { from: "anna", text: "/me waves" }),
      message(4, "ann", 0, { from: "anna" }),
      notice("error"),
      message(5, "ann", 0, { from: "anna" }),
      message(6, "ann", 0, { from: "anna", via: "bridge" }),
    ];
    expect(made(items)).toEqual(["day", "m1", "m2", "m3", "m4", "notice", "m5", "m6"]);
  });

  test("need one again on another day", () => {
    const midnight = 12 * 60;
    const items = [message(1, "ann", midnight - 1), message(2, "ann", midnight + 1)];
    expect(made(items)).toEqual(["day", "m1", "day", "m2"]);
  });
});

describe("the line before what one has not read", () => {
  const items = [
    message(1, "ann"),
    message(2, "ann", 0, { mine: true }),
    message(3, "ann"),
    message(4, "ann"),
  ];

  test("stands before the first message of somebody else", () => {
    expect(made(items, { line: 1, missed: 2 })).toEqual(["day", "m1", "m2-", "missed 2", "m3", "m4-"]);
    expect(made(items, { line: 0, missed: 3 })).toEqual(["day", "missed 3", "m1", "m2-", "m3-", "m4-"]);
  });

  test("stands nowhere when all is read", () => {
    expect(made(items, { line: -1 })).toEqual(["day", "m1", "m2-", "m3-", "m4-"]);
    expect(made(items, { line: 4, missed: 1 })).not.toContain("missed 1");
  });

  test("moves and counts", () => {
    const rows = new Rows();
    const before = rows.of(items, { ...LOOK, line: 1, missed: 2 });
    expect(short(rows.of(items, { ...LOOK, line: 1, missed: 3 }))).toContain("missed 3");
    const after = rows.of(items, { ...LOOK, line: 3, missed: 1 });
    expect(short(after)).toEqual(["day", "m1", "m2-", "m3-", "missed 1", "m4"]);
    expect(short(before)).toContain("missed 2");
  });
});

describe("who came and went", () => {
  const few = () => [notice("join"), notice("leave"), notice("join"), notice("leave")];

  test("is told one by one, and folded when it is much", () => {
    expect(made(few())).toEqual(["day", ...few().map(() => "notice")]);
    expect(made([...few(), notice("join"), message(1, "ann")])).toEqual(["day", "5 comings", "m1"]);
    expect(made([...few(), notice("error"), ...few()])).toHaveLength(10);
  });

  test("can be unfolded", () => {
    const items = [...few(), ...few()];
    const rows = new Rows();
    const [, folded] = rows.of(items, LOOK);
    const open = rows.of(items, { ...LOOK, unfolded: new Set([folded!.key]) });
    expect(short(open)).toEqual(["day", "8 comings", ...items.map(() => "notice")]);
    expect(short(rows.of(items, LOOK))).toEqual(["day", "8 comings"]);
  });

  test("grows into one", () => {
    const rows = new Rows();
    const items: Item[] = [message(1, "ann"), ...few()];
    expect(short(rows.of(items, LOOK))).toHaveLength(6);
    const more = [...items, notice("join")];
    expect(short(rows.of(more, LOOK))).toEqual(["day", "m1", "5 comings"]);
    expect(short(rows.of([...more, message(2, "ann")], LOOK))).toEqual(["day", "m1", "5 comings", "m2"]);
  });
});

describe("rows made again", () => {
  /** Whatever happens to the items, the rows are as if they were made at once. */
  function follow(steps: readonly (readonly Item[])[]): Row[][] {
    const rows = new Rows();
    return steps.map((items) => {
      const now = [...rows.of(items, LOOK)];
      expect(short(now)).toEqual(made(items));
      return now;
    });
  }

  const items = Array.from({ length: 50 }, (_, seq) => message(seq + 1, seq % 7 < 3 ? "ann" : "bob", seq));

  test("are the same objects where nothing changed", () => {
    const [before, appended, prepended] = follow([items.slice(10, 40), items.slice(10), items]);
    expect(before!.every((row, index) => row === appended![index])).toBe(true);
    const kept = appended!.filter((row) => row.kind === "message").slice(1); // the first gets another neighbour
    expect(kept.every((row) => prepended!.includes(row))).toBe(true);
  });

  test("change where an item did", () => {
    const edited = { ...items[20]!, text: "other" };
    const [before, after] = follow([items, items.with(20, edited), items.slice(0, 30), []]);
    expect(after!.filter((row, index) => row !== before![index])).toEqual([
      expect.objectContaining({ key: "m21", message: edited }),
    ]);
  });

  test("are not made again for nothing", () => {
    const rows = new Rows();
    expect(rows.of(items, LOOK)).toBe(rows.of(items, { ...LOOK }));
  });

  test("cost little among 10,000", () => {
    const many = Array.from({ length: 10_000 }, (_, seq) => message(seq, `nick${seq % 3}`, seq / 100));
    const rows = new Rows();
    rows.of(many, LOOK);
    const seen: unknown[] = [];
    const spied = message(10_000, "nick0", 100);
    Object.defineProperty(spied, "user", { get: () => seen.push("user") });
    const watched = many.map((each) => each);
    rows.of([...watched, spied], LOOK);
    expect(seen).toHaveLength(1);
  });
});

describe("the slice in the document", () => {
  test("has at most so many rows, wherever one is", () => {
    for (let first = 0; first < 1_000; first += 7) {
      const { from, to } = sliceFor(1_000, first, Math.min(999, first + 30), { from: 0, to: 0 });
      expect(to - from).toBe(MOST);
      expect(from).toBeLessThanOrEqual(first);
      expect(to).toBeGreaterThan(Math.min(999, first + 30));
    }
  });

  test("stays until one comes near its edge", () => {
    const now = { from: 100, to: 100 + MOST };
    expect(sliceFor(1_000, 150, 180, now)).toBe(now);
    expect(sliceFor(1_000, 110, 140, now).from).toBeLessThan(100);
    expect(sliceFor(1_000, 220, 250, now).from).toBeGreaterThan(100);
    expect(sliceFor(1_000, 5, 35, { from: 0, to: MOST })).toEqual({ from: 0, to: MOST });
    expect(sliceFor(1_000, 970, 999, { from: 1_000 - MOST, to: 1_000 }).to).toBe(1_000);
    expect(sliceFor(20, 0, 19, { from: 0, to: 0 })).toEqual({ from: 0, to: 20 });
    expect(sliceFor(0, 0, -1, { from: 0, to: 0 })).toEqual({ from: 0, to: 0 });
  });

  test("follows the newest", () => {
    let now = { from: 0, to: 0 };
    for (let count = 0; count < 1_000; count++) {
      now = sliceAtEnd(count, now);
      expect(now.to).toBe(count);
      expect(now.to - now.from).toBeLessThanOrEqual(MOST);
      expect(now.to - now.from).toBeGreaterThanOrEqual(Math.min(count, MOST / 2));
    }
  });
});

test("heights are those measured, and otherwise about so", () => {
  const rows = new Rows()
    .of(
      [1, 2, 3, 4].map((seq) => message(seq, "ann")),
      LOOK,
    )
    .slice(1);
  const heights = new Heights();
  heights.note("m1", 20);
  heights.note("m2", 100);
  heights.note("m2", 40);
  expect(heights.between(rows, 0, 2)).toBe(60);
  expect(heights.between(rows, 0, 4)).toBe(120);
  expect(heights.at(rows, 59)).toEqual({ index: 1, top: 20 });
  expect(heights.at(rows, 1_000)).toEqual({ index: 3, top: 90 });
  heights.forget();
  expect(heights.between(rows, 1, 1)).toBe(0);
});
