// Makes rows of items, again and again: what comes before the first change stays as it is, and a row
// that is as before is the same object, so that a new message costs little among 10,000.

import type { Item, Message, Notice } from "../model";
import { dayOf, followsOn, isComing, MISSED, type Row } from "./row";

const MANY = 5; // comings and goings in a row that are folded

/** What besides the items decides on the rows. */
export interface Look {
  line: number; // the seq after which there is what one has not read; -1: none
  missed: number; // how many messages that is
  more: boolean; // and there are others that were not loaded
  unfolded: ReadonlySet<string>; // keys of comings that are shown one by one
}

export class Rows {
  #items: readonly Item[] = [];
  #rows: Row[] = [];
  #starts: number[] = []; // of each item: how many rows come before all of its own
  #lineAt = -1; // the item before which the line stands
  #look: Look = { line: -1, missed: 0, more: false, unfolded: new Set() };
  readonly #messages = new WeakMap<Message, Row>();

  /** The rows of these items. */
  of(items: readonly Item[], look: Look): readonly Row[] {
    const lineAt = look.line < 0 ? -1 : items.findIndex((item) => isNews(item, look.line));
    const first = this.#firstChange(items, look, lineAt);
    if (first < 0) return this.#rows;
    this.#items = items;
    this.#look = look;
    this.#lineAt = lineAt;
    this.#rows = this.#rows.slice(0, this.#starts[first] ?? this.#rows.length);
    this.#starts.length = first;
    this.#make(first);
    return this.#rows;
  }

  /** The first item whose rows have to be made again, -1 if there is none. */
  #firstChange(items: readonly Item[], look: Look, lineAt: number): number {
    const before = this.#items;
    let first = 0;
    while (first < items.length && items[first] === before[first]) first++;
    const { missed, more, unfolded } = this.#look;
    if (unfolded !== look.unfolded) return 0;
    const sameLine = lineAt === this.#lineAt && missed === look.missed && more === look.more;
    for (const at of sameLine ? [] : [lineAt, this.#lineAt]) if (at >= 0) first = Math.min(first, at);
    if (first === items.length && first === before.length) return -1;
    while (first > 0 && first <= before.length && isComing(before[first - 1]!)) first--;
    return first;
  }

  #make(first: number): void {
    for (let at = first; at < this.#items.length; ) {
      const item = this.#items[at]!;
      const before = this.#items[at - 1];
      const many = this.#rows.length;
      if (!before || dayOf(before) !== dayOf(item))
        this.#rows.push({ kind: "day", key: `day ${item.key}`, time: item.time });
      if (at === this.#lineAt) this.#rows.push(this.#line());
      const alone = this.#rows.length > many;
      const comings = this.#comings(at);
      for (let each = 0; each < Math.max(1, comings.length); each++) this.#starts.push(many);
      if (comings.length > 0) this.#rows.push(...this.#folded(comings));
      else this.#rows.push(this.#single(item, alone ? undefined : before));
      at += Math.max(1, comings.length);
    }
  }

  #line(): Row {
    return { kind: "missed", key: MISSED, count: this.#look.missed, more: this.#look.more };
  }

  #single(item: Item, before: Item | undefined): Row {
    if (item.kind === "notice") return { kind: "notice", key: item.key, notice: item };
    const compact = followsOn(before, item);
    const known = this.#messages.get(item);
    if (known?.kind === "message" && known.compact === compact) return known;
    const row: Row = { kind: "message", key: item.key, message: item, compact };
    this.#messages.set(item, row);
    return row;
  }

  /** Those who came and went from here on, one after the other on one day. */
  #comings(at: number): Notice[] {
    const found: Notice[] = [];
    const day = dayOf(this.#items[at]!);
    for (let next = at; ; next++) {
      const item = this.#items[next];
      if (!item || !isComing(item) || dayOf(item) !== day) return found;
      found.push(item);
    }
  }

  #folded(notices: Notice[]): Row[] {
    const single = notices.map((notice): Row => ({ kind: "notice", key: notice.key, notice }));
    if (notices.length < MANY) return single;
    const key = `comings ${notices[0]!.key}`;
    const open = this.#look.unfolded.has(key);
    return [{ kind: "comings", key, notices, open }, ...(open ? single : [])];
  }
}

/** Whether the line stands before it, as the first. */
function isNews(item: Item, line: number): boolean {
  return item.kind === "message" && item.seq > line && !item.mine;
}
