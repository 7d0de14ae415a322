// Who is typing in one place: the others, and oneself. Times are in milliseconds.

import { signal } from "@preact/signals";

const EVERY = 3_000; // it is told again
const SHOWN = 6_000; // since it was told last

export class Typing {
  /** The nicks of the others who are typing. */
  readonly people = signal<readonly string[]>([]);
  readonly #others = new Map<string, { nick: string; timer: number }>(); // by user
  #told = 0; // when we last told so; 0: we are not typing

  /** Whether to tell that one is typing, or is no longer. */
  isNews(active: boolean): boolean {
    const now = Date.now();
    if (active ? now - this.#told < EVERY : this.#told === 0) return false;
    this.#told = active ? now : 0;
    return true;
  }

  /** Somebody is typing, or stopped. */
  happened({ user, from, active = true }: { user: string; from: string; active?: boolean }): void {
    this.stop(user);
    if (!active) return;
    const timer = setTimeout(() => this.stop(user), SHOWN) as unknown as number;
    this.#others.set(user, { nick: from, timer });
    this.#show();
  }

  /** Somebody said it, or went. */
  stop(user: string): void {
    const typing = this.#others.get(user);
    if (!typing) return;
    clearTimeout(typing.timer);
    this.#others.delete(user);
    this.#show();
  }

  /** Nothing is known any more. */
  clear(): void {
    this.#told = 0;
    for (const user of [...this.#others.keys()]) this.stop(user);
  }

  #show(): void {
    this.people.value = [...this.#others.values()].map(({ nick }) => nick);
  }
}
