// Tells the server how far one has read, so that one's other devices know it: what changes within
// a moment at once.

import { type Link, Refused } from "../link";
import type { Place } from "./place";

const EVERY = 1_000; // ms

export class Marks {
  readonly #link: Link;
  readonly #places: () => Iterable<Place>;
  readonly #underway = new Map<Place, number>(); // up to which seq
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `places` gives those that one is in just now. */
  constructor(link: Link, places: () => Iterable<Place>) {
    this.#link = link;
    this.#places = places;
  }

  /** `now`: one may be gone in a moment. */
  tell(now = false): void {
    if (this.#timer && !now) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const untold = [...this.#places()].filter((place) => place.untold);
    if (untold.length === 0) return;
    for (const place of untold) if (this.#underway.get(place) !== place.untold) void this.#tell(place);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.tell();
    }, EVERY);
  }

  async #tell(place: Place): Promise<void> {
    const seq = place.untold;
    this.#underway.set(place, seq);
    try {
      await this.#link.ask({ type: "read", room: place.address, seq });
      place.told(seq);
    } catch (problem) {
      // Lost: told again after coming back. A mark that is refused for good is no loss.
      if (problem instanceof Refused && !problem.temporary) place.told(seq);
    } finally {
      if (this.#underway.get(place) === seq) this.#underway.delete(place);
    }
  }
}
