// The messages of others in one place that one has not read, as far as they were loaded: counted
// as they come and go, for there may be thousands.

import { type Entry, isDeed } from "../protocol";

/** Whether an entry is a message that can be read, not one that was erased, nor one that only a later
 * release understands. */
export function isMessage(entry: Entry): boolean {
  return Boolean(entry.text) && !entry.deleted && !isDeed(entry);
}

export class Unread {
  mentions = 0;
  #all = new Map<number, boolean>(); // seq: whether it mentions one; in order

  get size(): number {
    return this.#all.size;
  }

  has(seq: number): boolean {
    return this.#all.has(seq);
  }

  /** A message that comes after all others; or one that says something else by now. */
  set(seq: number, mention: boolean): void {
    if (this.#all.get(seq)) this.mentions--;
    if (mention) this.mentions++;
    this.#all.set(seq, mention);
  }

  /** Messages that come before all others, oldest first. */
  prepend(seqs: readonly [number, boolean][]): void {
    if (seqs.length === 0) return;
    this.#all = new Map([...seqs, ...this.#all]);
    this.mentions += seqs.filter(([, mention]) => mention).length;
  }

  delete(seq: number): void {
    if (this.#all.get(seq)) this.mentions--;
    this.#all.delete(seq);
  }

  /** All up to here were read. */
  readUpTo(seq: number): void {
    for (const each of this.#all.keys()) {
      if (each > seq) return;
      this.delete(each);
    }
  }

  clear(): void {
    this.#all.clear();
    this.mentions = 0;
  }
}
