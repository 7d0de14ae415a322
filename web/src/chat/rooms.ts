// The rooms that one is in. They are the same in the next tab, and after a reload.

import { signal } from "@preact/signals";
import { remember, remembered } from "../memory";
import { folded } from "./names";
import { Place } from "./place";

/** The name that a room most likely goes by; the server tells which it is. */
function canonical(name: string): string {
  return folded(name.replace(/^#/, ""));
}

function stored(): string[] {
  const names = remembered<unknown>("localStorage", "rooms", []);
  return Array.isArray(names) ? names.filter((name) => typeof name === "string" && name !== "") : [];
}

export class Rooms {
  /** By name. */
  readonly places = signal<readonly Place[]>([]);

  constructor() {
    for (const name of stored()) this.#add(name);
  }

  named(name: string): Place | undefined {
    const room = canonical(name);
    return this.places.value.find((place) => place.room.value === room);
  }

  open(name: string): Place {
    return this.named(name) ?? this.#add(name);
  }

  #add(name: string): Place {
    const place = new Place(canonical(name));
    this.#sorted([...this.places.value, place]);
    this.#remember("", place.room.value);
    return place;
  }

  remove(place: Place): void {
    place.left = true;
    this.places.value = this.places.value.filter((each) => each !== place);
    this.#remember(place.room.value, "");
  }

  /** The server calls it so. The place that has this name: it may be another one, and stays alone. */
  renamed(place: Place, room: string): Place {
    if (place.room.value === room) return place;
    const same = this.places.value.find((each) => each !== place && each.room.value === room);
    this.#remember(place.room.value, room);
    if (same) {
      place.left = true;
      this.places.value = this.places.value.filter((each) => each !== place);
      return same;
    }
    place.room.value = room;
    this.#sorted([...this.places.value]);
    return place;
  }

  #sorted(all: Place[]): void {
    this.places.value = all.sort((one, other) => one.room.value.localeCompare(other.room.value));
  }

  /** Another tab may know more rooms than this one. */
  #remember(without: string, and: string): void {
    const names = new Set(stored());
    names.delete(without);
    if (and !== "") names.add(and);
    remember("localStorage", "rooms", [...names]);
  }
}
