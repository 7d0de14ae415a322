// Where in the list of messages one is: keeps the row that one reads in its place, or the newest in
// view, whatever comes, goes or grows, with only so many rows in the document.

import { signal } from "@preact/signals";
import { Heights } from "../rows/heights";
import { MISSED, type Row } from "../rows/row";
import { type Slice, sliceAtEnd, sliceFor } from "../rows/slice";

const NEAR = 48; // pixels from the end that count as the end

/** What stays where it is: the newest at the end; or a row, so many pixels below the upper edge. */
type Hold = "end" | { key: string; index: number; offset: number };

/** What the rows are of. */
export interface Shown {
  stretch: object; // to come back to the same place in it
  live: boolean; // what comes is appended to it
  line: number; // the seq after which there is what one has not read
  unseen: boolean; // there is some just now
}

/** The rows that are in the document, and the pixels that the others would take. */
export interface Part extends Slice {
  above: number;
  below: number;
}

export class Scroll {
  /** Changes when other rows have to be in the document. */
  readonly moved = signal(0);
  /** Whether the newest row is in view. */
  readonly atEnd = signal(true);

  #box: HTMLElement | null = null;
  #list: HTMLElement | null = null;
  #rows: readonly Row[] = [];
  #part: Part = { from: 0, to: 0, above: 0, below: 0 };
  #hold: Hold = "end";
  #shown: Shown = { stretch: this, live: true, line: -1, unseen: false };
  #beyond = false; // one has gone to the end, past what one had not read
  #inView = 40; // rows
  #top = 0; // as far as we know of it, it is scrolled to here
  #width = 0;
  readonly #heights = new Heights();
  readonly #kept = new WeakMap<object, { hold: Hold; line: number }>();
  readonly #settled: () => void;

  /** `settled` is called whenever all is in its place. */
  constructor(settled: () => void) {
    this.#settled = settled;
  }

  /** `box` scrolls, and has the list in it. Returns how to end that. */
  attach(box: HTMLElement, list: HTMLElement): () => void {
    this.#box = box;
    this.#list = list;
    const resized = new ResizeObserver(() => this.#resized());
    for (const each of [box, ...box.children]) resized.observe(each);
    return () => resized.disconnect();
  }

  /** Whether the first of all rows is in view, or will soon be. */
  get nearFirst(): boolean {
    const { scrollTop, clientHeight } = this.#box!;
    return this.#part.from === 0 && scrollTop < clientHeight;
  }

  /** Whether the last of all rows is in view, or will soon be. */
  get nearLast(): boolean {
    return this.#part.to === this.#rows.length && this.#distance < this.#box!.clientHeight;
  }

  /** Which of these rows have to be in the document. */
  plan(rows: readonly Row[], shown: Shown): Part {
    const before = this.#rows;
    if (shown.stretch !== this.#shown.stretch) this.#go(rows, shown);
    this.#shown = shown;
    this.#rows = rows;
    if (!shown.unseen) this.#beyond = false;
    this.#stopAtLine();
    this.#find();
    const now = rows === before ? this.#part : this.#shifted(before);
    const slice = this.#wanted(now);
    if (rows === before && slice === this.#part) return this.#part;
    this.#measure(before);
    const above = this.#heights.between(rows, 0, slice.from);
    const below = this.#heights.between(rows, slice.to, rows.length);
    this.#part = { ...slice, above, below };
    return this.#part;
  }

  /** The rows stand in the document: scroll to where one was. */
  settle(): void {
    const [box, list, hold] = [this.#box!, this.#list!, this.#hold];
    if (hold === "end") box.scrollTop = box.scrollHeight;
    else {
      const row = list.children[hold.index - this.#part.from];
      const off = row ? this.#offset(row) - hold.offset : 0;
      if (Math.abs(off) >= 1) box.scrollTop += off;
      if (this.#distance < 2 && this.#shown.live) this.#hold = "end";
    }
    this.#top = box.scrollTop;
    this.#look();
  }

  /** Somebody has scrolled. */
  scrolled(): void {
    const { scrollTop } = this.#box!;
    if (Math.abs(scrollTop - this.#top) < 1) return; // it was us
    this.#top = scrollTop;
    this.#beyond = this.#distance < NEAR && this.#shown.live;
    this.#hold = this.#beyond ? "end" : this.#inSight();
    this.#look();
  }

  /** Go to the newest, whatever one has not read. */
  toEnd(): void {
    this.#hold = "end";
    this.#beyond = true;
    this.moved.value++;
  }

  /** Go to this row. */
  to(key: string): void {
    this.#hold = { key, index: 0, offset: (this.#box?.clientHeight ?? 0) / 3 };
    this.moved.value++;
  }

  /** Something else is shown from now on. */
  #go(rows: readonly Row[], { stretch, line, unseen }: Shown): void {
    const hold = this.#hold;
    const kept = this.#kept.get(stretch);
    this.#kept.set(this.#shown.stretch, { hold, line: this.#shown.line });
    this.#beyond = false;
    const joined = hold !== "end" && rows.some(({ key }) => key === hold.key && key !== MISSED);
    if (joined) return; // an older stretch has become part of this one
    this.#hold = kept && !(unseen && kept.line !== line) ? kept.hold : "end";
  }

  /** Who follows the newest comes no further than to what was not read. */
  #stopAtLine(): void {
    if (this.#hold !== "end" || this.#beyond || !this.#shown.unseen) return;
    const index = this.#rows.findIndex(({ kind }) => kind === "missed");
    if (index >= 0) this.#hold = { key: MISSED, index, offset: 0 };
  }

  /** The rows that should be in the document: those that are there now, for as long as they will do. */
  #wanted(now: Slice): Slice {
    const [count, hold] = [this.#rows.length, this.#hold];
    if (hold === "end") return sliceAtEnd(count, now);
    return sliceFor(count, hold.index, Math.min(count - 1, hold.index + this.#inView), now);
  }

  /** The row that is held may stand elsewhere among all now, or be gone. */
  #find(): void {
    const hold = this.#hold;
    if (hold === "end" || this.#rows[hold.index]?.key === hold.key) return;
    const index = this.#rows.findIndex(({ key }) => key === hold.key);
    const nearest = Math.max(0, Math.min(hold.index, this.#rows.length - 1));
    this.#hold = { ...hold, index: index < 0 ? nearest : index };
  }

  /** The part that is in the document, as it lies among the rows that there are now. */
  #shifted(before: readonly Row[]): Slice {
    const { from, to } = this.#part;
    const key = before[from]?.key;
    const moved = this.#rows[from]?.key === key ? from : this.#rows.findIndex((row) => row.key === key);
    return moved < 0
      ? { from: 0, to: 0 }
      : { from: moved, to: Math.min(this.#rows.length, moved + to - from) };
  }

  /** Know how high the rows are that stand in the document. */
  #measure(rows: readonly Row[]): void {
    const all = this.#list?.children ?? [];
    let from = this.#part.from;
    for (const row of all) {
      const key = rows[from++]?.key;
      if (key) this.#heights.note(key, row.getBoundingClientRect().height);
    }
  }

  #resized(): void {
    const { clientWidth } = this.#box!;
    if (clientWidth !== this.#width) this.#heights.forget();
    this.#width = clientWidth;
    this.settle();
  }

  #look(): void {
    this.atEnd.value = this.#distance < NEAR && this.#part.to === this.#rows.length && this.#shown.live;
    if (this.#wanted(this.#part) !== this.#part) this.moved.value++;
    this.#settled();
  }

  get #distance(): number {
    const { scrollHeight, scrollTop, clientHeight } = this.#box!;
    return scrollHeight - scrollTop - clientHeight;
  }

  #offset(row: Element): number {
    return row.getBoundingClientRect().top - this.#box!.getBoundingClientRect().top;
  }

  /** The first row that one sees. */
  #inSight(): Hold {
    const rows = this.#list!.children;
    const height = this.#box!.clientHeight;
    const first = this.#firstBelow(0);
    const from = this.#part.from;
    const seen = rows[first];
    if (!seen || this.#offset(seen) > height) return this.#atPixel();
    this.#inView = this.#firstBelow(height) - first;
    // A line between messages may go away, a message doesn't.
    const kinds = [first, first + 1].map((each) => this.#rows[from + each]?.kind);
    const at = kinds[0] !== "message" && kinds[1] === "message" ? first + 1 : first;
    return { key: this.#rows[from + at]!.key, index: from + at, offset: this.#offset(rows[at]!) };
  }

  /** The place in the list of the first row that ends so many pixels below the upper edge, or more. */
  #firstBelow(offset: number): number {
    const rows = this.#list!.children;
    let [low, high] = [0, rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = rows[middle]!;
      if (this.#offset(row) + row.clientHeight > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The row that would be in sight, if it were in the document. */
  #atPixel(): Hold {
    const top = this.#box!.scrollTop - this.#list!.offsetTop;
    const { index, top: begins } = this.#heights.at(this.#rows, top);
    return { key: this.#rows[index]?.key ?? "", index, offset: begins - top };
  }
}
