// Comes into rooms, and back into them: what was missed is filled in where it belongs.

import { type Link, Refused } from "../link";
import type { Command, Joined } from "../protocol";
import { errorText } from "../texts";
import type { Place } from "./place";
import type { Posting } from "./posting";
import type { Reading } from "./reading";

const AT_FIRST = 100; // entries that are read when one comes into a room
const FAR = 5_000; // entries: who missed more in a room starts with the newest

export class Joining {
  readonly #link: Link;
  readonly #reading: Reading;
  readonly #posting: Posting;

  constructor(link: Link, reading: Reading, posting: Posting) {
    this.#link = link;
    this.#reading = reading;
    this.#posting = posting;
  }

  /** Be in a room and know all of it up to now. Rejects with Lost or Refused. */
  async join(place: Place): Promise<void> {
    const { epoch, last: seq } = place;
    place.anew(0);
    place.filling = true; // what comes by itself waits until the answer is shown
    const command = { type: "join" as const, room: place.room.value, history: AT_FIRST };
    const joined = await this.#patiently(place, {
      ...command,
      recover: epoch === null ? null : { epoch, seq },
    });
    if (place.left) {
      this.#link.tell({ type: "leave", room: joined.room });
      return;
    }
    place.room.value = joined.room;
    place.topic.value = joined.topic ?? "";
    place.peopled(joined.members, joined.count);
    place.refused.value = "";
    await this.#catchUp(place, joined);
    place.ready.value = true;
  }

  async #patiently(place: Place, command: Command<"join">): Promise<Joined> {
    try {
      return await this.#reading.patiently(command);
    } catch (problem) {
      place.filling = false;
      if (problem instanceof Refused && !problem.temporary)
        place.refused.value = errorText(problem.code, problem.message);
      throw problem;
    }
  }

  async #catchUp(place: Place, joined: Joined): Promise<void> {
    const { epoch, seq, read = 0, entries } = joined;
    const again = place.epoch !== null;
    const same = epoch === place.epoch && seq >= place.last;
    const missed = (entries[0]?.seq ?? 0) - place.last - 1; // what lies between
    place.filling = false;
    if (joined.recovered) {
      place.resumed(read);
      this.#reading.append(place, entries, true);
      if (joined.more || place.waiting.length > 0) await this.#reading.fill(place);
      return;
    }
    if (again && same && missed > 0 && missed <= FAR) {
      place.resumed(read);
      await this.#reading.fill(place); // up to here it is whole, or it is told where it is not
      return;
    }
    if (again && !same) this.#posting.settle(place);
    if (again && !same) place.newest.breakOff("anew");
    if (again && same && missed > 0) place.newest.clear(); // all of it can be read again
    const more = entries.length > 0 && entries[0]!.seq > 1;
    this.#reading.begin(place, epoch, Math.min(read, seq), entries, more);
    const waiting = place.waiting.splice(0);
    this.#reading.append(place, waiting);
    if (read > 0 || again) return;
    place.hasRead(); // who comes for the first time has missed nothing
    place.entered();
  }
}
