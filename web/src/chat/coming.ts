// Comes into all places over one connection: the one that is looked at first, and the others one
// after the other, no faster than the server likes it.

import type { Place } from "./place";

const AT_ONCE = 20; // places; the server takes 50 commands at once, and 20 a second
const EVERY = 100; // ms, for each of the others

/** Those who are coming in over one connection. */
type Visit = Map<Place, Promise<void>>;

export class Coming {
  readonly #come: (place: Place) => Promise<void>;
  #visit: Visit | null = null;

  /** `come` comes into a place, and never rejects. */
  constructor(come: (place: Place) => Promise<void>) {
    this.#come = come;
  }

  /** One is connected. */
  begin(): Visit {
    this.#visit = new Map();
    return this.#visit;
  }

  /** There is no connection any more: what was begun on it comes to nothing. */
  end(): void {
    this.#visit = null;
  }

  get isConnected(): boolean {
    return this.#visit !== null;
  }

  /** Whether the connection is still the same. */
  isStill(visit: Visit): boolean {
    return this.#visit === visit;
  }

  /** Be in a place and know what was said there, as far as there is a connection. */
  come(place: Place): Promise<void> {
    const visit = this.#visit;
    if (!visit || place.left || isThere(place)) return Promise.resolve();
    const underway = visit.get(place);
    if (underway) return underway;
    const coming = this.#come(place).finally(() => visit.delete(place));
    visit.set(place, coming);
    return coming;
  }

  /** Be in all of these. */
  async all(places: readonly Place[]): Promise<void> {
    const visit = this.#visit;
    let asked = 0;
    for (const place of places) {
      if (isThere(place)) continue;
      if (asked++ >= AT_ONCE) await new Promise((resolve) => setTimeout(resolve, EVERY));
      if (visit !== this.#visit) return;
      await this.come(place);
    }
  }
}

function isThere({ isPrivate, ready, epoch, inflow }: Place): boolean {
  if (inflow.filling.value) return false; // one can wait for it
  return isPrivate ? epoch !== null && !inflow.behind : ready.value;
}
