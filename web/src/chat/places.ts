// All places that one is in or was in, and how each is found by what it is called.

import { isPrivate } from "../protocol";
import { folded } from "./names";
import type { Place } from "./place";
import { Rooms } from "./rooms";
import { idIn, Talks } from "./talks";

export class Places {
  readonly rooms = new Rooms();
  readonly talks = new Talks();

  /** Those that are listed. */
  *listed(): Iterable<Place> {
    yield* this.rooms.places.value;
    yield* this.talks.places.value;
  }

  /** Also the conversations that are hidden. */
  get all(): Place[] {
    return [...this.rooms.places.value, ...this.talks.all];
  }

  named(room: string): Place | undefined {
    return isPrivate(room) ? this.talks.named(room) : this.rooms.named(room);
  }

  /** The place that is called so, known or not. */
  open(room: string, ready: boolean): Place {
    if (!isPrivate(room)) return this.rooms.open(room);
    return this.talks.open(room, this.idOf(room), ready);
  }

  /** A page before this one left something that waits to be said here. */
  openFor({ room, to }: { room: string; to: string }): void {
    if (isPrivate(to)) this.talks.open(to, idIn(room), false);
    else if (!isPrivate(room)) this.rooms.open(room);
  }

  /** The id of the user behind `@nick`, or "". Who was there before the connection was lost may be
   * somebody else by now. */
  idOf(room: string): string {
    const name = folded(room);
    for (const { ready, members } of this.rooms.places.value) {
      if (!ready.value) continue;
      for (const [user, nick] of members.value) if (folded(`@${nick}`) === name) return user;
    }
    return idIn(room);
  }

  /** The one next to another, for who leaves that; undefined if it is the only one. */
  nextTo(place: Place): Place | undefined {
    const places = [...this.listed()];
    const at = places.indexOf(place);
    return places[at + 1] ?? places[at - 1];
  }

  /** Somebody is called otherwise. `mine`: it is oneself. */
  renamed({ user, from, nick }: { user: string; from: string; nick: string }, mine: boolean): void {
    this.talks.renamed(user, nick);
    for (const place of this.rooms.places.value) {
      place.typing.stop(user);
      if (!place.members.value.has(user)) continue;
      place.moved(user, nick);
      place.newest.notice({ what: "nick", user, from, nick, mine });
    }
  }
}
