// Reads what is missing of a place from the history, and lets wait what comes meanwhile, so that
// everything is shown in order and without a hole.

import { type Link, Refused } from "../link";
import type { Command, Entry, History } from "../protocol";
import type { Inflow } from "./inflow";
import type { Coming, Place } from "./place";
import type { Reader, Timeline } from "./timeline";

const ENTRIES = 1_000; // asked for at once, forwards
const PAGE = 100; // and backwards, which somebody waits for
const AROUND = 40; // to each side of what was found
export const FAR = 5_000; // entries: who missed more in a place starts with the newest
const RETRY_AFTER = 1_000; // ms, when the server couldn't answer

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
    const { inflow } = place;
    if (place.epoch !== null && entry.epoch !== place.epoch) {
      this.#link.again(); // as it will do when we ask what there is
    } else if (inflow.filling.value || inflow.behind) {
      inflow.waiting.push(entry);
    } else if (place.epoch !== null && entry.seq <= place.last + 1) {
      this.append(place, [entry], "live");
    } else {
      inflow.waiting.push(entry);
      await (place.epoch === null ? this.load(place) : this.fill(place));
    }
  }

  /** Read all that follows on the last entry that is known. Rejects with Lost or Refused. */
  async fill(place: Place): Promise<void> {
    const { last: from } = place;
    await this.#filling(place, async (inflow) => {
      for (let more = true; more; ) {
        if (place.last - from >= FAR) {
          await this.#startAtNewest(place, inflow);
          return;
        }
        const { last } = place;
        const page = await this.#history(place, { after: last, limit: ENTRIES });
        if (place.inflow !== inflow || place.left) return;
        if (page.epoch !== place.epoch) {
          this.#link.again();
          return;
        }
        this.append(place, page.entries, "missed");
        more = page.more && place.last > last;
      }
    });
  }

  async #startAtNewest(place: Place, inflow: Inflow): Promise<void> {
    const page = await this.#history(place, { limit: PAGE });
    if (place.inflow !== inflow || place.left) return;
    place.newest.clear(); // all of it can be read again
    this.begin(place, { ...page, read: place.toldRead, seq: 0 }, true);
  }

  /** Read the newest of a conversation for the first time, or `again`. Rejects as `fill` does. */
  async load(place: Place, again = false): Promise<void> {
    await this.#filling(place, async (inflow) => {
      const page = await this.#history(place, { limit: PAGE });
      if (place.inflow !== inflow) return;
      this.begin(place, { ...page, read: place.readBefore, seq: 0 }, again);
    });
  }

  /** These are the newest entries, up to `seq`; `more`: there are others before them. */
  begin(
    place: Place,
    { epoch, read, seq, entries, more }: Omit<History, "room"> & { read: number; seq: number },
    missed = false,
  ): void {
    const floor = entries.length > 0 ? entries[0]!.seq - 1 : seq;
    place.begin(epoch, read, floor);
    place.newest.hasOlder.value = more && floor > 0;
    this.append(place, entries, missed ? "missed" : "first");
  }

  /** Do it while what comes waits, which follows then. */
  async #filling(place: Place, what: (inflow: Inflow) => Promise<void>): Promise<void> {
    const { inflow } = place;
    if (inflow.filling.value) return;
    inflow.filling.value = true;
    try {
      await what(inflow);
      if (place.inflow === inflow) this.settle(place);
    } catch (problem) {
      if (problem instanceof Refused && !problem.temporary) inflow.behind = false;
      throw problem;
    } finally {
      inflow.waiting = [];
      inflow.filling.value = false;
    }
  }

  /** All that was said before is here: what has waited follows. */
  settle(place: Place): void {
    const { inflow } = place;
    inflow.behind = false;
    this.append(place, inflow.waiting, "live");
    inflow.waiting = [];
    inflow.filling.value = false;
    place.caughtUp();
  }

  /** Entries that follow on the last one, or are known already. If there is something between, it
   * is no longer kept. */
  append(place: Place, entries: readonly Entry[], coming: Coming): void {
    if (place.left) return;
    const fresh = entries.filter(({ seq }) => seq > place.last);
    if (fresh.length === 0) return;
    if (place.last > 0 && fresh[0]!.seq > place.last + 1) this.#tear(place, fresh[0]!);
    place.append(fresh, this.#me(), coming);
    this.#shown(place, fresh, coming === "missed");
  }

  #tear(place: Place, { seq }: Entry): void {
    place.newest.breakOff("pruned");
    place.newest.begin(seq - 1);
    place.newest.hasOlder.value = false;
  }

  /** Read what comes before what is shown. */
  async older(place: Place): Promise<void> {
    const { value: past } = place.past;
    const timeline = past ?? place.newest;
    const { floor } = timeline;
    await this.#loading(place, async () => {
      const { epoch } = place;
      const page = await this.#history(place, { before: floor + 1, limit: PAGE });
      if (page.epoch !== epoch || place.epoch !== epoch || timeline.floor !== floor) return;
      if (past) past.prepend(page.entries, page.more, this.#me());
      else place.prepend(page.entries, page.more, this.#me());
    });
  }

  /** Read what comes after an older stretch that is shown, until it meets the newest. */
  async newer(place: Place): Promise<void> {
    const { value: past } = place.past;
    if (!past) return;
    await this.#loading(place, async () => {
      const { last } = past;
      const page = await this.#history(place, { after: last, limit: PAGE });
      if (page.epoch !== place.epoch || place.past.value !== past) return;
      this.#extend(past, page.entries);
      if (past.last === last || !page.more) this.#skip(place, past);
      this.#meet(place, past);
    });
  }

  #extend(past: Timeline, entries: readonly Entry[]): void {
    const first = entries.find(({ seq }) => seq > past.last);
    if (first && first.seq > past.last + 1) past.breakOff("pruned");
    past.append(entries, this.#me());
  }

  /** Nothing is kept between an older stretch and the newest. */
  #skip(place: Place, past: Timeline): void {
    if (past.last >= place.newest.floor) return;
    past.breakOff("pruned");
    past.last = place.newest.floor;
  }

  /** Show what was said around this seq. Rejects with Lost or Refused. */
  async around(place: Place, seq: number): Promise<void> {
    if (place.epoch === null || seq > place.newest.floor) {
      place.past.value = null;
      return;
    }
    const { epoch } = place;
    const before = await this.#history(place, { before: seq + 1, limit: AROUND });
    const after = await this.#history(place, { after: seq, limit: AROUND });
    if (place.left || place.epoch !== epoch || before.epoch !== epoch || after.epoch !== epoch) return;
    const past = place.stretch();
    past.begin((before.entries[0]?.seq ?? seq + 1) - 1);
    past.append([...before.entries, ...after.entries], this.#me());
    past.last = Math.max(past.last, seq);
    past.hasOlder.value = before.more;
    place.past.value = past;
    this.#meet(place, past);
  }

  /** An older stretch that has grown into the newest becomes part of it. */
  #meet(place: Place, past: Timeline): void {
    if (past.last < place.newest.floor || place.past.value !== past) return;
    place.newest.join(past, this.#me());
    place.past.value = null;
  }

  /** Once at a time; what the server can't answer just now may be asked again a little later. */
  async #loading(place: Place, what: () => Promise<void>): Promise<void> {
    if (place.loading.value || place.epoch === null) return;
    place.loading.value = true;
    try {
      await what();
    } catch (problem) {
      if (!(problem instanceof Refused) || !problem.temporary) throw problem;
      await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER));
    } finally {
      place.loading.value = false;
    }
  }

  #history(place: Place, which: Omit<Command<"history">, "type">): Promise<History> {
    return this.#link.ask({ type: "history", room: place.address, ...which });
  }
}
