// Shows the entries of each place in order and without a hole: reads what is missing from the
// history, and lets wait what comes meanwhile.

const ENTRIES = 1_000; // asked for at once
const TOO_FAST = 1_000; // until the history is asked again

/**
 * `ask` sends a command, `show(place, entry, missed)` shows an entry, and `gap()` tells that what
 * stood before the next one is no longer kept.
 */
export class Reader {
  #ask;
  #show;
  #gap;

  constructor(ask, show, gap) {
    this.#ask = ask;
    this.#show = show;
    this.#gap = gap;
  }

  /** An entry came by itself. Rejects as `fill` does. */
  async take(place, entry) {
    place.waiting.push(entry);
    if (place.filling || place.behind) return;
    if (entry.seq <= place.seq + 1) this.#showWaiting(place);
    else await this.fill(place);
  }

  /** Read all that follows on the last entry shown. Rejects with Lost or Refused. */
  async fill(place, missed = false) {
    place.filling = true;
    try {
      for (let more = true; more; ) {
        const page = await this.#page(place);
        const known = Math.max(place.seq, place.read);
        if (known > 0 && page.entries[0]?.seq > known + 1) this.#gap();
        this.show(place, page.entries, missed);
        more = page.more && page.entries.length > 0 && !place.left;
      }
      place.behind = false;
      this.#showWaiting(place);
    } finally {
      place.filling = false;
      place.waiting = [];
    }
  }

  /** Show those of the entries that were not shown yet. */
  show(place, entries, missed = false) {
    for (const entry of entries) {
      if (!place.left && entry.seq > place.seq) this.#show(place, entry, missed);
    }
  }

  async #page(place) {
    const { address: room, seq: after } = place;
    for (;;) {
      try {
        return await this.#ask({ type: "history", room, after, limit: ENTRIES });
      } catch (problem) {
        if (place.left) return { entries: [], more: false };
        if (problem.code !== "rate_limited") throw problem;
        await new Promise((resolve) => setTimeout(resolve, TOO_FAST));
      }
    }
  }

  #showWaiting(place) {
    this.show(place, place.waiting.splice(0));
  }
}
