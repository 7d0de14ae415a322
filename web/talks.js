// One's private conversations. They are known by the other side's user id, for its nick may change.

import { Place } from "./place.js";

const FAR = 5_000; // entries that are read at most of a conversation that was never read

export class Talks {
  #places = []; // the latest first
  #epoch = "";

  [Symbol.iterator]() {
    return this.#places[Symbol.iterator]();
  }

  named(room) {
    return this.#places.find((place) => place.room === room || place.address === room);
  }

  /** The conversation that an entry belongs to. `other` is the id of its other side, if known. */
  of({ room, seq, epoch }, other) {
    let place = this.#known(room, other);
    if (!place) {
      place = new Place(room, other);
      place.begin(epoch, 0, seq - 1);
    }
    Object.assign(place, { room, user: other || place.user });
    this.#places = [place, ...this.#places.filter((each) => each !== place)];
    return place;
  }

  #known(room, user) {
    const found = user && this.#places.find((place) => place.user === user);
    return found || this.#places.find((place) => place.room === room && !(user && place.user));
  }

  /** What the server says at the beginning; those with something new are `behind` from now on. */
  begin(epoch, conversations) {
    if (epoch !== this.#epoch) this.#places = [];
    this.#epoch = epoch;
    const before = this.#places;
    this.#places = conversations.map(({ room, seq, user, read = 0 }) => {
      const place = this.#known(room, user) ?? new Place(room, user);
      if (place.epoch === null) place.begin(epoch, read, Math.max(read, seq - FAR));
      else place.resumed(read);
      const behind = seq > place.seq;
      return Object.assign(place, { room, user, behind, filling: false, waiting: [] });
    });
    this.#places.push(...before.filter((place) => !this.#places.includes(place)));
  }

  renamed(user, nick) {
    const place = this.#places.find((each) => each.user === user);
    if (place) place.room = `@${nick}`;
  }
}
