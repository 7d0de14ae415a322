// How high rows are: as they were measured when they stood in the document, and about so otherwise.

import type { Row } from "./row";

const USUAL = 32; // pixels

export class Heights {
  readonly #known = new Map<string, number>();
  #sum = 0;

  /** A row has this height. */
  note(key: string, height: number): void {
    this.#sum += height - (this.#known.get(key) ?? 0);
    this.#known.set(key, height);
  }

  /** The rows have become wider or narrower: all heights are other ones. */
  forget(): void {
    this.#known.clear();
    this.#sum = 0;
  }

  /** The height of all rows from one to before another. */
  between(rows: readonly Row[], from: number, to: number): number {
    const other = this.#other;
    let sum = 0;
    for (let at = from; at < to; at++) sum += this.#known.get(rows[at]!.key) ?? other;
    return sum;
  }

  /** The row that stands so many pixels below the beginning, and where it begins. */
  at(rows: readonly Row[], offset: number): { index: number; top: number } {
    const other = this.#other;
    let top = 0;
    for (let index = 0; index < rows.length; index++) {
      const height = this.#known.get(rows[index]!.key) ?? other;
      if (top + height > offset || index === rows.length - 1) return { index, top };
      top += height;
    }
    return { index: 0, top: 0 };
  }

  get #other(): number {
    return this.#known.size === 0 ? USUAL : this.#sum / this.#known.size;
  }
}
