// What was said in a place: it grows at both ends, and what is done to a message finds it, in whatever
// order they are read.

import { describe, expect, test } from "vitest";
import { Deeds } from "../src/chat/deeds";
import { Place } from "../src/chat/place";
import { Timeline } from "../src/chat/timeline";
import type { Entry } from "../src/protocol";
import { messages } from "./support/people";

const ME = { user: "u-ann", nick: "ann" };
const MOST = 20_000;

function said(seq: number, more: Partial<Entry> = {}): Entry {
  const time = `2026-11-21T10:00:00.${String(seq).padStart(3, "0")}Z`;
  const common = { type: "message" as const, room: "lobby", epoch: "e", user: "u-bob", from: "bob" };
  return { ...common, seq, msgid: `m${seq}`, text: `text ${seq}`, time, ...more };
}

const done = (seq: number, to: number, what: Partial<Entry>) =>
  said(seq, { of: "u-bob", ref: to, text: "", ...what });
const edit = (seq: number, to: number, text: string) => done(seq, to, { edit: `m${to}`, text });
const react = (seq: number, to: number, active = true) =>
  done(seq, to, { react: `m${to}`, text: "👍", active });
const several = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => said(from + at));
const shown = (timeline: Timeline) => messages(timeline.items.value);
const textsOf = (timeline: Timeline) => shown(timeline).map(({ text }) => text);
const hands = (timeline: Timeline) => shown(timeline).map(({ reactions }) => reactions.length);

describe("a timeline", () => {
  test("shows each entry once, whatever comes twice", () => {
    const timeline = new Timeline();
    timeline.append(several(1, 3), ME);
    timeline.append(several(2, 4), ME);
    timeline.append([said(5, { msgid: "m4" })], ME);
    expect(shown(timeline).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(timeline.last).toBe(5);
  });

  test("shows what was done before its message was read", () => {
    const timeline = new Timeline();
    timeline.begin(3);
    timeline.append([edit(4, 1, "newer"), react(5, 1), react(6, 2), react(7, 2, false)], ME);
    timeline.prepend(several(1, 3), false, ME);
    expect(textsOf(timeline)).toEqual(["newer", "text 2", "text 3"]);
    expect(hands(timeline)).toEqual([1, 0, 0]);
    expect([timeline.floor, timeline.hasOlder.value]).toEqual([0, false]);
  });

  test("takes the latest deed, also if it was read before the others", () => {
    const timeline = new Timeline();
    timeline.begin(5);
    timeline.append([edit(6, 1, "latest"), react(7, 1, false)], ME);
    timeline.prepend([said(1), edit(2, 1, "first"), react(3, 1)], false, ME);
    expect(textsOf(timeline)).toEqual(["latest"]);
    expect(hands(timeline)).toEqual([0]);
  });

  test("takes the latest edit, whatever the clocks of the nodes say", () => {
    const timeline = new Timeline();
    timeline.append([said(1), { ...edit(2, 1, "first"), time: "2026-11-21T11:00:00.000Z" }], ME);
    timeline.append([edit(3, 1, "latest")], ME);
    expect(textsOf(timeline)).toEqual(["latest"]);
  });

  test("keeps the text that a message came with, if it is newer than an edit", () => {
    const timeline = new Timeline();
    const edited = "2026-11-21T10:00:00.009Z";
    timeline.append([said(1, { text: "latest", edited }), edit(2, 1, "first")], ME);
    expect(shown(timeline)).toMatchObject([{ text: "latest", edited }]);
  });

  test("a deleted message stays deleted", () => {
    const timeline = new Timeline();
    timeline.append([said(1), done(2, 1, { delete: "m1" }), edit(3, 1, "again"), react(4, 1)], ME);
    expect(shown(timeline)).toMatchObject([{ deleted: true, text: "", reactions: [] }]);
  });

  test("changes only the items that something was done to", () => {
    const timeline = new Timeline();
    timeline.append(several(1, 3), ME);
    const [one, , three] = shown(timeline);
    timeline.append([edit(4, 2, "newer")], ME);
    expect(shown(timeline)[0]).toBe(one);
    expect(shown(timeline)[2]).toBe(three);
  });

  test("says where something is missing, and begins anew after it", () => {
    const timeline = new Timeline();
    timeline.append(several(1, 2), ME);
    timeline.breakOff("pruned");
    timeline.breakOff("pruned");
    timeline.begin(8);
    timeline.append(several(9, 10), ME);
    timeline.prepend(several(7, 8), false, ME);
    expect(timeline.items.value.map((item) => (item.kind === "message" ? item.seq : "gap"))).toEqual([
      ...[1, 2, "gap"],
      ...[7, 8, 9, 10],
    ]);
  });

  test("an older stretch that meets it becomes its beginning, with all that was done since", () => {
    const deeds = new Deeds();
    const [newest, past] = [new Timeline(deeds), new Timeline(deeds)];
    newest.begin(5);
    newest.append(several(6, 8), ME);
    past.begin(1);
    past.append(several(2, 6), ME);
    newest.prepend([react(5, 2)], true, ME);
    newest.join(past, ME);
    expect(shown(newest).map(({ seq }) => seq)).toEqual([2, 3, 4, 5, 6, 7, 8]);
    expect(hands(newest)[0]).toBe(1);
    expect(newest.floor).toBe(1);
  });

  test("forgets the oldest of very many, which can be read again", () => {
    const timeline = new Timeline();
    timeline.append(several(1, MOST + 500), ME);
    timeline.trim();
    expect(timeline.items.value).toHaveLength(MOST + 500);
    timeline.append([...several(MOST + 501, MOST + 1_500), react(MOST + 1_501, 7)], ME);
    timeline.trim();
    expect(timeline.items.value).toHaveLength(MOST);
    expect([timeline.floor, timeline.hasOlder.value]).toEqual([1_500, true]);
    timeline.prepend(several(1, 1_500), false, ME);
    const seqs = shown(timeline).map(({ seq }) => seq);
    expect(seqs.every((seq, at) => seq === at + 1)).toBe(true);
    expect(seqs).toHaveLength(MOST + 1_500);
    expect(hands(timeline)[6]).toBe(1);
  }, 30_000);
});

describe("what isn't read", () => {
  function loaded(read: number): Place {
    const place = new Place("lobby");
    place.begin("e", read, 0);
    place.append(several(1, 5), ME, "first");
    return place;
  }

  test("is counted from the mark on, without one's own, deeds and what was erased", () => {
    const place = loaded(2);
    place.append([said(6, { user: ME.user }), react(7, 1), said(8, { text: "hello @ann" })], ME);
    expect([place.unread.value, place.mentions.value, place.line.value, place.missed.value]).toEqual([
      4, 1, 2, 4,
    ]);
    place.append([done(9, 8, { delete: "m8" }), edit(10, 5, "@ann?")], ME);
    expect([place.unread.value, place.mentions.value]).toEqual([3, 1]);
    place.told(4);
    expect([place.unread.value, place.untold]).toEqual([1, 0]);
    place.hasRead();
    expect([place.unread.value, place.mentions.value, place.untold]).toEqual([0, 0, 10]);
  });

  test("what isn't seen isn't read", () => {
    const place = loaded(5);
    place.watched = true;
    place.append([said(6)], ME);
    expect([place.unread.value, place.line.value]).toEqual([0, -1]);
    place.past.value = place.stretch();
    place.append([said(7)], ME);
    expect([place.unread.value, place.read, place.line.value]).toEqual([1, 6, 6]);
    place.past.value = null;
    place.anew();
    place.append([said(8)], ME);
    expect(place.unread.value).toBe(2);
  });

  test("the line stands where one went away, until one comes back with nothing unread", () => {
    const place = loaded(5);
    place.append([said(6), said(7)], ME);
    place.entered();
    expect([place.line.value, place.missed.value]).toEqual([5, 2]);
    place.watched = true;
    place.hasRead();
    place.append([said(8)], ME);
    expect(place.line.value).toBe(5);
    place.entered();
    expect([place.line.value, place.missed.value]).toEqual([-1, 0]);
  });

  test("what was missed has a line though somebody looks", () => {
    const place = loaded(5);
    place.watched = true;
    place.append([said(6)], ME, "missed");
    place.append([said(7)], ME, "missed");
    place.caughtUp();
    expect([place.line.value, place.missed.value, place.unread.value]).toEqual([5, 2, 0]);
  });

  test("there may be more than was loaded", () => {
    const place = new Place("lobby");
    place.begin("e", 3, 10);
    place.append(several(11, 12), ME, "first");
    expect([place.unread.value, place.unreadBeyond.value, place.line.value]).toEqual([2, true, 3]);
    place.prepend(several(2, 10), true, ME);
    expect([place.unread.value, place.unreadBeyond.value]).toEqual([9, false]);
    place.told(11);
    expect(place.unread.value).toBe(1);
  });

  test("of thousands it is known at once how many there are", () => {
    const place = new Place("@bob");
    place.begin("e", 0, 0);
    for (const entry of several(1, 5_000)) place.append([entry], ME);
    expect([place.unread.value, place.mentions.value]).toEqual([5_000, 5_000]);
    place.told(4_990);
    expect([place.unread.value, place.mentions.value]).toEqual([10, 10]);
  });
});
