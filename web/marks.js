// Tells the server how far one has read, so that one's other devices know it: what changes within
// a moment at once.

import { Refused } from "./link.js";

const EVERY = 1_000;

export class Marks {
  #link;
  #timer = 0;

  constructor(link) {
    this.#link = link;
  }

  /** `places` gives those that one is in just now. `now`: one may be gone in a moment. */
  tell(places, now = false) {
    if (this.#timer && !now) return;
    clearTimeout(this.#timer);
    this.#timer = 0;
    const untold = places().filter((place) => place.untold);
    if (untold.length === 0) return;
    for (const place of untold) this.#tell(place);
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.tell(places);
    }, EVERY);
  }

  async #tell(place) {
    const seq = place.untold;
    try {
      await this.#link.ask({ type: "read", room: place.address, seq });
      place.told(seq);
    } catch (problem) {
      // Lost: told again after coming back. A mark that is refused for good is no loss.
      if (problem instanceof Refused && !problem.temporary) place.told(seq);
    }
  }
}
