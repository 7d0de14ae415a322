// Chance that is the same each time.

export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed * 2654435761;
  }

  /** At least 0, less than 1. (mulberry32) */
  next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

  /** A whole number below this one. */
  below(many: number): number {
    return Math.floor(this.next() * many);
  }

  happens(often: number): boolean {
    return this.next() < often;
  }

  one<Thing>(things: readonly Thing[]): Thing {
    return things[this.below(things.length)]!;
  }
}
