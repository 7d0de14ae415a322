// One's private conversations. They are known by the other side's user id, for its nick may change.

import { signal } from "@preact/signals";
import { remember, remembered } from "../memory";
import type { ConversationInfo, Entry } from "../protocol";
import { Place } from "./place";

/** How far a conversation went when it was hidden, by the id of its other side. */
type Hidden = Record<string, { epoch: string; seq: number }>;

export class Talks {
  /** The latest first. */
  readonly places = signal<readonly Place[]>([]);
  #epoch = "";

  named(room: string): Place | undefined {
    return this.places.value.find((place) => place.room.value === room || place.address === room);
  }

  /** The conversation with somebody, begun or not. `user` is "" if that isn't known. */
  open(room: string, user: string, ready: boolean): Place {
    let place = this.#known(room, user);
    if (!place) {
      place = new Place(room, user);
      place.ready.value = ready;
      this.places.value = [...this.places.value, place];
    }
    if (user) place.user = user;
    return place;
  }

  /** The conversation that an entry belongs to. `other` is the id of its other side, if known. */
  of({ room }: Entry, other: string, ready: boolean): Place {
    const place = this.open(room, other, ready);
    place.room.value = room;
    this.places.value = [place, ...this.places.value.filter((each) => each !== place)];
    return place;
  }

  #known(room: string, user: string): Place | undefined {
    const found = user && this.places.value.find((place) => place.user === user);
    return found || this.places.value.find((place) => place.room.value === room && !(user && place.user));
  }

  /** What the server says at the beginning. Those with something new are `behind` from now on; if it
   * has another log now, what is known of theirs is settled first. */
  begin(epoch: string, conversations: readonly ConversationInfo[], settle: (place: Place) => void): void {
    const before = this.places.value;
    if (epoch !== this.#epoch && this.#epoch !== "") {
      before.forEach(settle);
      before.forEach(forget);
    }
    this.#epoch = epoch;
    const listed = conversations.filter((each) => !this.#isHidden(each));
    const now = listed.map(({ room, seq, user = "", read = 0 }) => {
      const place = this.#known(room, user) ?? new Place(room, user);
      if (place.epoch !== null) place.resumed(read);
      place.room.value = room;
      place.user = user;
      place.behind = place.epoch === null ? seq > read : seq > place.last;
      place.anew(read);
      return place;
    });
    this.places.value = [...now, ...before.filter((place) => !now.includes(place))];
  }

  renamed(user: string, nick: string): void {
    const place = this.places.value.find((each) => each.user === user);
    if (place) place.room.value = `@${nick}`;
  }

  /** It isn't listed any more, until something is said in it. */
  hide(place: Place): void {
    this.places.value = this.places.value.filter((each) => each !== place);
    const seq = place.epoch === null ? place.readBefore : place.last;
    if (place.user)
      remember("localStorage", "hidden", { ...hidden(), [place.user]: { epoch: this.#epoch, seq } });
  }

  #isHidden({ room, user = "", seq }: ConversationInfo): boolean {
    const at = hidden()[user];
    return at !== undefined && at.epoch === this.#epoch && seq <= at.seq && !this.#known(room, user);
  }
}

function hidden(): Hidden {
  return remembered<Hidden>("localStorage", "hidden", {});
}

/** Another log has other users: only the other side's name is still good for something. */
function forget(place: Place): void {
  if (place.epoch !== null) place.newest.breakOff("anew");
  place.epoch = null;
  place.user = "";
}
