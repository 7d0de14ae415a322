// One's private conversations. They are known by the other side's user id, for its nick may change.

import { signal } from "@preact/signals";
import { remember, remembered } from "../memory";
import type { ConversationInfo, Entry } from "../protocol";
import { folded } from "./names";
import { Place } from "./place";

/** What was hidden: up to which seq, by the other side's user id. */
interface Hidden {
  epoch: string;
  seqs: Record<string, number>;
}

const NOTHING: Hidden = { epoch: "", seqs: {} };

/** Whether there is anything in it, or soon will be. */
function isInUse({ current, pending, newest }: Place): boolean {
  return current || pending.value.length > 0 || newest.items.value.length > 0;
}

function isCalled({ room }: Place, name: string): boolean {
  return folded(room.value) === folded(name);
}

/** The user id in `@+id`, or "". */
export function idIn(room: string): string {
  return room.startsWith("@+") ? room.slice(2) : "";
}

export class Talks {
  /** Those that are listed, the latest first. */
  readonly places = signal<readonly Place[]>([]);
  #all: Place[] = [];
  readonly #hidden = new Set<Place>();
  #epoch = "";

  named(room: string): Place | undefined {
    return this.#all.find((place) => isCalled(place, room) || place.address === room);
  }

  /** Also those that are hidden. */
  get all(): readonly Place[] {
    return this.#all;
  }

  /** The conversation with somebody, begun or not. `user` is "" if that isn't known. */
  open(room: string, user: string, ready: boolean): Place {
    const place = this.#met(room, user);
    place.ready.value ||= ready;
    this.#unhide(place);
    this.#list();
    return place;
  }

  /** The conversation that an entry belongs to. `other` is the id of its other side, if known. */
  of(entry: Entry, other: string): Place {
    const known = this.#known(entry.room, other);
    const place = this.#met(entry.room, other);
    if (!known) place.readBefore = entry.seq - 1; // the server tells of those that are older
    place.ready.value = true;
    this.#named(place, entry.room);
    this.#all = [place, ...this.#all.filter((each) => each !== place)];
    this.#unhide(place);
    this.#list();
    return place;
  }

  #met(room: string, other: string): Place {
    const user = other || idIn(room);
    const place = this.#known(room, user) ?? new Place(room, user);
    if (user) place.user = user;
    if (!this.#all.includes(place)) this.#all.push(place);
    return place;
  }

  #known(room: string, other: string): Place | undefined {
    const user = other || idIn(room);
    const found = user && this.#all.find((place) => place.user === user);
    return found || this.#all.find((place) => isCalled(place, room) && !(user && place.user));
  }

  /** Whoever was called so before is called otherwise by now, though nobody told us how. */
  #named(place: Place, room: string): void {
    for (const each of this.#all)
      if (each !== place && each.user && isCalled(each, room)) each.room.value = each.address;
    place.room.value = room;
  }

  /** What the server says at the beginning. Those with something new are `behind` from now on.
   * `epoch`: of the log as this user knows it. `lost` is called for those whose log is gone. */
  begin(epoch: string, conversations: readonly ConversationInfo[], lost: (place: Place) => void): void {
    if (this.#epoch !== "" && epoch !== this.#epoch) {
      for (const place of this.#all) {
        lost(place);
        place.user = idIn(place.room.value); // another log has other users
      }
      this.#all = this.#all.filter(isInUse);
      this.#hidden.clear();
    }
    this.#epoch = epoch;
    const hidden = remembered("localStorage", "hidden", NOTHING);
    const seqs = hidden.epoch === epoch ? hidden.seqs : {};
    const now = conversations.map((info) => {
      const place = this.#told(info, lost);
      if (info.seq > (seqs[place.user] ?? 0)) this.#hidden.delete(place);
      else this.#hidden.add(place);
      return place;
    });
    this.#all = [...now, ...this.#all.filter((place) => !now.includes(place))];
    for (const place of this.#all) {
      place.ready.value = true;
      if (place.current) this.#hidden.delete(place);
    }
    this.#list();
  }

  #told({ room, seq, user = "", read = 0 }: ConversationInfo, lost: (place: Place) => void): Place {
    const place = this.#met(room, user);
    this.#named(place, room);
    if (place.epoch !== null && seq < place.last) lost(place);
    if (place.epoch !== null) place.resumed(read);
    else place.readBefore = read;
    place.inflow.behind = seq > (place.epoch === null ? read : place.last);
    return place;
  }

  renamed(user: string, nick: string): void {
    const place = this.#all.find((each) => each.user === user);
    if (place) this.#named(place, `@${nick}`);
  }

  /** It isn't listed any more, until something is said in it, or it is opened. */
  hide(place: Place): void {
    this.#hidden.add(place);
    this.#list();
    this.#remember((seqs) => {
      seqs[place.user] = place.epoch === null ? place.readBefore : place.last;
    });
  }

  /** It is listed again. */
  unhide(place: Place): void {
    this.#unhide(place);
    this.#list();
  }

  #unhide(place: Place): void {
    if (!this.#hidden.delete(place)) return;
    this.#remember((seqs) => {
      delete seqs[place.user];
    });
  }

  #remember(change: (seqs: Record<string, number>) => void): void {
    const before = remembered("localStorage", "hidden", NOTHING);
    const seqs = before.epoch === this.#epoch ? { ...before.seqs } : {};
    change(seqs);
    remember("localStorage", "hidden", { epoch: this.#epoch, seqs });
  }

  #list(): void {
    const listed = this.#all.filter((place) => !this.#hidden.has(place));
    const now = this.places.value;
    if (listed.length !== now.length || listed.some((place, at) => place !== now[at]))
      this.places.value = listed;
  }
}
