// What stands in the list of messages, row by row. A row never changes: where anything about it does,
// there is another object with the same key.

import type { Item, Message, Notice } from "../model";

export type Row =
  | { kind: "day"; key: string; time: string } // a day begins
  | { kind: "missed"; key: string; count: number; more: boolean } // what one has not read begins
  | { kind: "message"; key: string; message: Message; compact: boolean } // compact: without its head
  | { kind: "notice"; key: string; notice: Notice }
  | { kind: "comings"; key: string; notices: readonly Notice[]; open: boolean }; // who came and went

/** The key of the row before what one has not read. */
export const MISSED = "missed";

const GROUPED = 5 * 60_000; // ms: who goes on speaking within it isn't named again

/** Whether somebody came, went or took another name, which is folded when it is much. */
export function isComing(item: Item): item is Notice {
  if (item.kind !== "notice") return false;
  const { what } = item.happening;
  return what === "join" || what === "leave" || (what === "nick" && !item.happening.mine);
}

/** Whether a message is what somebody does: "/me waves". */
export function isAction({ text }: Message): boolean {
  return text.startsWith("/me ");
}

/** Whether a message needs no name because the one before has it. */
export function followsOn(before: Item | undefined, message: Message): boolean {
  if (before?.kind !== "message" || isAction(before) || isAction(message)) return false;
  const { user, from, via } = message;
  if (before.user !== user || before.from !== from || before.via !== via) return false;
  const later = Date.parse(message.time) - Date.parse(before.time);
  return later >= 0 && later <= GROUPED;
}

const days = new WeakMap<Item, string>(); // asking a date for its day takes long

/** The day of an item, here. */
export function dayOf(item: Item): string {
  let day = days.get(item);
  if (day === undefined) {
    day = new Date(item.time).toDateString();
    days.set(item, day);
  }
  return day;
}
