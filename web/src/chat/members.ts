// Who is in a place. In a room of thousands somebody comes or goes all the time: that changes one map,
// where a new one each time would be a copy of all of them.

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Member } from "../protocol";

export class Members {
  readonly #nicks = new Map<string, string>(); // by user
  readonly #version = signal(0);
  /** Another number whenever something changed. */
  readonly version: ReadonlySignal<number> = this.#version;
  /** Their nicks in lower case. */
  readonly names: ReadonlySignal<ReadonlySet<string>> = computed(
    () => new Set([...this.value.values()].map((nick) => nick.toLowerCase())),
  );

  /** The nick of each user, as of now: it is not to be kept. */
  get value(): ReadonlyMap<string, string> {
    this.#version.value;
    return this.#nicks;
  }

  /** The same for who need not know when it changes. */
  peek(): ReadonlyMap<string, string> {
    return this.#nicks;
  }

  /** All of them. */
  are(members: Iterable<Member>): void {
    this.#nicks.clear();
    for (const { user, nick } of members) this.#nicks.set(user, nick);
    this.#version.value++;
  }

  /** One more, or one less, or another name. */
  moved(user: string, nick: string | null): void {
    if (nick === null) this.#nicks.delete(user);
    else this.#nicks.set(user, nick);
    this.#version.value++;
  }
}
