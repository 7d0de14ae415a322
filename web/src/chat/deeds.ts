// What was done to messages, whether they were read yet or not: histories are read backwards, so a
// reaction is often met before its message. The latest deed counts, in whatever order they come.

import type { Reaction } from "../model";
import type { Entry } from "../protocol";

interface Reacted {
  seq: number;
  nick: string;
  active: boolean;
}

interface Done {
  edit: { seq: number; time: string; text: string } | null;
  deleted: boolean;
  reactions: Map<string, Map<string, Reacted>>; // text: user: the latest
}

/** The key of a message: its sender and what that one called it. */
export function keyOf(user: string, msgid: string): string {
  return `${user} ${msgid}`;
}

/** The key of the message that something was done to. */
export function targetOf({ edit, delete: erased, react, of, user }: Entry): string {
  return keyOf(of ?? user, edit ?? erased ?? react ?? "");
}

export class Deeds {
  readonly #done = new Map<string, Done>();

  /** Something was done; the key of the message. */
  take(entry: Entry): string {
    const key = targetOf(entry);
    const done = this.#done.get(key) ?? { edit: null, deleted: false, reactions: new Map() };
    this.#done.set(key, done);
    if (typeof entry.delete === "string") done.deleted = true;
    else if (typeof entry.edit === "string") edited(done, entry);
    else reacted(done, entry);
    return key;
  }

  /** Whether anything was done to a message. */
  has(key: string): boolean {
    return this.#done.has(key);
  }

  /** Nothing is known any more. */
  clear(): void {
    this.#done.clear();
  }

  /** The text that a message has now, and when it was edited (""; never), if it came with these. */
  textOf(key: string, text: string, edited: string): { text: string; edited: string } {
    const edit = this.#done.get(key)?.edit;
    return edit && edit.time >= edited ? { text: edit.text, edited: edit.time } : { text, edited };
  }

  isDeleted(key: string): boolean {
    return this.#done.get(key)?.deleted ?? false;
  }

  /** The reactions to a message, in the order in which each was first given. */
  reactionsTo(key: string, me: string): Reaction[] {
    const shown: Reaction[] = [];
    for (const [text, all] of this.#done.get(key)?.reactions ?? []) {
      const active = [...all].filter(([, { active }]) => active);
      const people = active.map(([user, { nick }]) => ({ user, nick }));
      const mine = people.some(({ user }) => user === me);
      if (people.length > 0) shown.push({ text, people, mine });
    }
    return shown;
  }
}

function edited(done: Done, { seq, time, text, deleted }: Entry): void {
  if (deleted || text === "" || (done.edit && done.edit.seq > seq)) return;
  done.edit = { seq, time, text };
}

function reacted(done: Done, { text, user, from, seq, active = true }: Entry): void {
  const people = done.reactions.get(text) ?? new Map<string, Reacted>();
  done.reactions.set(text, people);
  const known = people.get(user);
  if (!known || known.seq < seq) people.set(user, { seq, nick: from, active });
}
