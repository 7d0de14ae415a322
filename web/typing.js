// Who is typing: the others, and oneself.

const EVERY = 3_000; // it is told again
const SHOWN = 6_000; // since it was told last

export class Typing {
  #others = new Map(); // user: {nick, timer}
  #show;
  #told = 0; // when we last told so; 0: we are not typing

  /** `show(people)`, each with its `nick`. */
  constructor(show) {
    this.#show = show;
  }

  /** Whether to tell that one is typing, or is no longer. */
  isNews(active) {
    const now = Date.now();
    if (active ? now - this.#told < EVERY : !this.#told) return false;
    this.#told = active ? now : 0;
    return true;
  }

  happened({ user, from, active }) {
    this.stop(user);
    if (!active) return;
    const timer = setTimeout(() => this.stop(user), SHOWN);
    this.#others.set(user, { nick: from, timer });
    this.#show([...this.#others.values()]);
  }

  stop(user) {
    const typing = this.#others.get(user);
    if (!typing) return;
    clearTimeout(typing.timer);
    this.#others.delete(user);
    this.#show([...this.#others.values()]);
  }

  clear() {
    this.#told = 0;
    for (const user of [...this.#others.keys()]) this.stop(user);
  }
}
