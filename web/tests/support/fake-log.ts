// What a fake server keeps of one room or private conversation: the entries, as docs/protocol.md says
// that they are stored, changed and given.

import { type Draft, type Entry, isDeed } from "../../src/protocol";

/** An entry without what depends on who reads it. */
export type Stored = Omit<Entry, "type" | "room" | "epoch">;

export class FakeLog {
  entries: Stored[] = [];
  last: number;

  constructor(last = 0) {
    this.last = last;
  }

  /** The entry with this msgid of this user. */
  find(user: string, msgid: string): Stored | undefined {
    return this.entries.find((entry) => entry.user === user && entry.msgid === msgid);
  }

  /** The message that a draft does something to, "" for a new message, undefined if there is none. */
  targetOf({ edit, delete: erased, react, of }: Draft, user: string): Stored | "" | undefined {
    const msgid = edit ?? erased ?? react;
    if (msgid === undefined) return "";
    return this.entries.find(
      (entry) => entry.msgid === msgid && entry.user === (of ?? user) && !isDeed(entry) && !entry.deleted,
    );
  }

  append(draft: Draft & { msgid: string }, me: { user: string; nick: string }): Stored {
    const { room: _, text = "", ...rest } = draft;
    const target = this.targetOf(draft, me.user);
    const ref = target ? { of: target.user, ref: target.seq } : {};
    const time = new Date().toISOString();
    const entry = { ...rest, ...ref, text, seq: ++this.last, user: me.user, from: me.nick, time };
    this.entries.push(entry);
    if (target) this.#change(target, entry);
    return entry;
  }

  #change(target: Stored, { edit, delete: erased, text, time }: Stored): void {
    if (edit) Object.assign(target, { text, edited: time });
    if (!erased) return;
    for (const each of this.entries)
      if (each === target || (each.edit === target.msgid && each.of === target.user))
        Object.assign(each, { text: "", deleted: true });
  }

  /** The oldest after this seq, or the newest before that one; no more than `limit`. */
  page({ before, after, limit }: { before?: number; after?: number; limit: number }) {
    const found = this.entries.filter(({ seq }) => seq > (after ?? 0) && seq < (before ?? Number.MAX_VALUE));
    const entries = after === undefined ? found.slice(-limit) : found.slice(0, limit);
    return { entries, more: found.length > entries.length };
  }

  /** Whether all that followed on this seq is still here. */
  recovers(seq: number): boolean {
    return seq <= this.last && seq >= (this.entries[0]?.seq ?? this.last + 1) - 1;
  }

  /** What was said up to here is no longer kept. */
  prune(seq: number): void {
    this.entries = this.entries.filter((entry) => entry.seq > seq);
  }
}
