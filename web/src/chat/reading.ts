// Reads what is missing of a place from the history, and lets wait what comes meanwhile, so that
// everything is shown in order and without a hole.

import { type Link, Refused } from "../link";
import type { Command, CommandType, Entry, History, Replies } from "../protocol";
import type { Place } from "./place";
import { type Reader, Timeline } from "./timeline";

const ENTRIES = 1_000; // asked for at once, forwards
const PAGE = 100; // and backwards, which somebody waits for
const AROUND = 40; // to each side of what was found
const TOO_FAST = 1_000; // ms until the server is asked again

/** Called after entries were appended to a place; `missed`: they were said while one was away. */
type Shown = (place: Place, entries: readonly Entry[], missed: boolean) => void;

export class Reading {
  readonly #link: Link;
  readonly #me: () => Reader;
  readonly #shown: Shown;

  constructor(link: Link, me: () => Reader, shown: Shown) {
    this.#link = link;
    this.#me = me;
    this.#shown = shown;
  }

  /** An entry came by itself. Rejects as `fill` does. */
  async take(place: Place, entry: Entry): Promise<void> {
    place.waiting.push(entry);
    if (place.filling || place.behind) return;
    if (place.epoch === null) await this.load(place, place.readBefore);
    else if (entry.seq <= place.last + 1) this.#appendWaiting(place);
    else await this.fill(place);
  }

  /** Read all that follows on the last entry that is known. Rejects with Lost or Refused. */
  async fill(place: Place): Promise<void> {
    await this.#filling(place, async () => {
      for (let more = true; more; ) {
        const page = await this.#history(place, { after: place.last, limit: ENTRIES });
        if (place.last > 0 && (page.entries[0]?.seq ?? 0) > place.last + 1)
          this.#tear(place, page.entries[0]!);
        this.append(place, page.entries, true);
        more = page.more && page.entries.length > 0 && !place.left;
      }
    });
  }

  /** Read the newest of a conversation for the first time. Rejects as `fill` does. */
  async load(place: Place, read: number, missed = false): Promise<void> {
    await this.#filling(place, async () => {
      const page = await this.#history(place, { limit: PAGE });
      this.begin(place, page.epoch, read, page.entries, page.more, missed);
    });
  }

  /** These are the newest entries; `more`: there are others before them. */
  begin(
    place: Place,
    epoch: string,
    read: number,
    entries: readonly Entry[],
    more: boolean,
    missed = false,
  ): void {
    const floor = (entries[0]?.seq ?? 1) - 1;
    place.begin(epoch, read, floor);
    place.newest.hasOlder.value = more;
    this.append(place, entries, missed);
    place.beyond(more && read > 0 && read < floor);
  }

  /** Something between what is here and this entry is no longer kept. */
  #tear(place: Place, { seq }: Entry): void {
    place.newest.breakOff("pruned");
    place.newest.begin(seq - 1);
    place.newest.hasOlder.value = false;
  }

  async #filling(place: Place, what: () => Promise<void>): Promise<void> {
    if (place.filling) return;
    place.filling = true;
    try {
      await what();
      place.behind = false;
      this.#appendWaiting(place);
    } finally {
      place.filling = false;
      place.waiting = [];
    }
  }

  /** Entries that follow on the last one, or are known already. */
  append(place: Place, entries: readonly Entry[], missed = false): void {
    if (place.left) return;
    place.append(entries, this.#me());
    this.#shown(place, entries, missed);
  }

  #appendWaiting(place: Place): void {
    this.append(place, place.waiting.splice(0));
  }

  /** Read what comes before what is shown. */
  async older(place: Place): Promise<void> {
    const { value: timeline } = place.shown;
    await this.#loading(place, async () => {
      const page = await this.#history(place, { before: timeline.floor + 1, limit: PAGE });
      if (page.epoch === place.epoch) timeline.prepend(page.entries, page.more, this.#me());
    });
  }

  /** Read what comes after an older stretch that is shown, until it meets the newest. */
  async newer(place: Place): Promise<void> {
    const { value: past } = place.past;
    if (!past) return;
    await this.#loading(place, async () => {
      const page = await this.#history(place, { after: past.last, limit: PAGE });
      if (page.epoch !== place.epoch) return;
      past.append(page.entries, this.#me());
      this.#meet(place, past);
    });
  }

  /** Show what was said around this seq. Rejects with Lost or Refused. */
  async around(place: Place, seq: number): Promise<void> {
    if (seq > place.newest.floor) {
      place.past.value = null;
      return;
    }
    const before = await this.#history(place, { before: seq + 1, limit: AROUND });
    const after = await this.#history(place, { after: seq, limit: AROUND });
    if (place.left || after.epoch !== place.epoch) return;
    const past = new Timeline();
    past.begin((before.entries[0]?.seq ?? seq + 1) - 1);
    past.append([...before.entries, ...after.entries], this.#me());
    past.hasOlder.value = before.more;
    place.past.value = past;
    this.#meet(place, past);
  }

  /** An older stretch that has grown into the newest becomes part of it. */
  #meet(place: Place, past: Timeline): void {
    if (past.last < place.newest.floor || place.past.value !== past) return;
    place.newest.join(past);
    place.past.value = null;
  }

  async #loading(place: Place, what: () => Promise<void>): Promise<void> {
    if (place.loading.value || place.epoch === null) return;
    place.loading.value = true;
    try {
      await what();
    } finally {
      place.loading.value = false;
    }
  }

  async #history(place: Place, which: object): Promise<History> {
    try {
      return await this.patiently({ type: "history", room: place.address, ...which });
    } catch (problem) {
      if (place.left) return { room: "", epoch: "", entries: [], more: false };
      throw problem;
    }
  }

  /** Ask again for as long as we are only too fast. */
  async patiently<Type extends CommandType>(command: Command<Type>): Promise<Replies[Type]> {
    for (;;) {
      try {
        return await this.#link.ask(command);
      } catch (problem) {
        if (!(problem instanceof Refused) || problem.code !== "rate_limited") throw problem;
        await new Promise((resolve) => setTimeout(resolve, TOO_FAST));
      }
    }
  }
}
