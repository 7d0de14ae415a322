// Comes into rooms, and back into them: what was missed is filled in where it belongs.

import { type Link, Refused } from "../link";
import type { Command, Joined } from "../protocol";
import { errorText } from "../texts";
import type { Place } from "./place";
import { FAR, type Reading } from "./reading";

const AT_FIRST = 100; // entries that are read when one comes into a room

/** What joining asks of the chat. */
export interface Joiner {
  placeNamed(room: string): Place | undefined;
  /** The server calls a room so. The place to be in: it may be one that we had already. */
  renamedRoom(place: Place, room: string): Place;
  /** The log of a place is gone. */
  lost(place: Place): void;
  /** One can speak there from now on. */
  arrived(place: Place): void;
}

export class Joining {
  readonly #link: Link;
  readonly #reading: Reading;
  readonly #chat: Joiner;

  constructor(link: Link, reading: Reading, chat: Joiner) {
    this.#link = link;
    this.#reading = reading;
    this.#chat = chat;
  }

  /** Be in a room and know all of it up to now. Rejects with Lost or Refused. */
  async join(place: Place): Promise<void> {
    const { epoch, last: seq, inflow } = place;
    inflow.filling.value = true; // what comes by itself waits until the answer is shown
    const recover = epoch === null ? null : { epoch, seq };
    const command = { type: "join" as const, room: place.room.value, history: AT_FIRST, recover };
    try {
      const joined = await this.#ask(place, command);
      if (place.inflow === inflow) await this.#joined(place, joined);
    } finally {
      inflow.filling.value = false;
    }
  }

  async #ask(place: Place, command: Command<"join">): Promise<Joined> {
    try {
      return await this.#link.ask(command);
    } catch (problem) {
      if (problem instanceof Refused && !problem.temporary)
        place.refused.value = errorText(problem.code, problem.message);
      throw problem;
    }
  }

  async #joined(place: Place, joined: Joined): Promise<void> {
    if (place.left) {
      // The answer may have been late, or the command: what was told since stands.
      if (!this.#chat.placeNamed(joined.room)) this.#link.tell({ type: "leave", room: joined.room });
      return;
    }
    if (this.#chat.renamedRoom(place, joined.room) !== place) return;
    place.topic.value = joined.topic ?? "";
    place.peopled(joined.members, joined.count);
    place.refused.value = "";
    const isWhole = this.#show(place, joined);
    place.ready.value = true;
    this.#chat.arrived(place);
    if (isWhole) {
      this.#reading.settle(place);
    } else {
      place.inflow.filling.value = false;
      await this.#reading.fill(place);
    }
  }

  /** Whether that is all; else the rest is to be read. */
  #show(place: Place, { epoch, seq, read = 0, entries, more, recovered }: Joined): boolean {
    if (place.epoch !== null && (epoch !== place.epoch || seq < place.last)) this.#chat.lost(place);
    const missed = (entries[0]?.seq ?? seq + 1) - place.last - 1; // what lies between
    if (place.epoch !== null && recovered) {
      place.resumed(read);
      this.#reading.append(place, entries, "missed");
      return !more;
    }
    if (place.epoch !== null && missed <= FAR) {
      place.resumed(read);
      return false; // it is told where it is not whole
    }
    const again = place.epoch !== null;
    if (again) place.newest.clear(); // all of it can be read again
    const older = (entries[0]?.seq ?? 0) > 1;
    this.#reading.begin(place, { epoch, seq, read: Math.min(read, seq), entries, more: older }, again);
    if (read === 0 && !again) place.hasRead(); // who comes for the first time has missed nothing
    return true;
  }
}
