// A stretch of what was said in one place, without a hole: all messages with a seq above `floor` and
// up to `last`, and what happened among them. It grows at both ends.

import { signal } from "@preact/signals";
import type { Happening, Item, Message } from "../model";
import { type Entry, isDeed } from "../protocol";
import { Deeds, keyOf } from "./deeds";
import { mentions } from "./mentions";

/** Who is looking. */
export interface Reader {
  user: string;
  nick: string;
}

let notices = 0;

export class Timeline {
  /** Oldest first. Changes as a whole. */
  readonly items = signal<readonly Item[]>([]);
  /** Whether there may be more before the first item. */
  readonly hasOlder = signal(false);
  floor = 0;
  last = 0;
  readonly #deeds = new Deeds();
  readonly #keys = new Set<string>();
  #start = 0; // items before it are older than something that nobody can give us any more

  /** Everything that is here is from after this seq. */
  begin(floor: number): void {
    this.floor = this.last = floor;
    this.hasOlder.value = floor > 0;
  }

  /** Forget everything. */
  clear(): void {
    this.items.value = [];
    this.#keys.clear();
    this.#start = 0;
  }

  /** Something that stood here can't be read any more: what follows is another stretch. */
  breakOff(why: "pruned" | "anew"): void {
    const before = this.items.value.at(-1);
    const said = before?.kind === "notice" && before.happening.what === "gap";
    if (before && !said) this.notice({ what: "gap", why });
    this.#start = this.items.value.length;
  }

  /** Entries that follow on `last`; others are left out. */
  append(entries: readonly Entry[], me: Reader): void {
    const fresh = entries.filter(({ seq }) => seq > this.last);
    if (fresh.length === 0) return;
    this.last = fresh.at(-1)!.seq;
    const { made, changed } = this.#take(fresh, me);
    this.items.value = [...this.#renewed(this.items.value, changed, me), ...made];
  }

  /** Entries from before `floor`. `more`: there are others before them. */
  prepend(entries: readonly Entry[], more: boolean, me: Reader): void {
    const fresh = entries.filter(({ seq }) => seq <= this.floor);
    if (fresh.length > 0) this.floor = fresh[0]!.seq - 1;
    this.hasOlder.value = more;
    const { made, changed } = this.#take(fresh, me);
    const items = this.#renewed(this.items.value, changed, me);
    this.items.value = [...items.slice(0, this.#start), ...made, ...items.slice(this.#start)];
  }

  /** An older stretch that reaches up to `floor` or beyond is the beginning of this one now. */
  join(older: Timeline): void {
    const items = older.items.value.filter((item) => !this.#keys.has(item.key));
    for (const { key } of items) this.#keys.add(key);
    this.#deeds.include(older.#deeds);
    const here = this.items.value;
    this.items.value = [...here.slice(0, this.#start), ...items, ...here.slice(this.#start)];
    this.floor = Math.min(this.floor, older.floor);
    this.hasOlder.value = older.hasOlder.value;
  }

  /** Something was done to a message that may be here, but the deed lies outside. */
  touch(entry: Entry, me: Reader): void {
    this.items.value = this.#renewed(this.items.value, new Set([this.#deeds.take(entry)]), me);
  }

  /** Something happened just now. */
  notice(happening: Happening): void {
    const time = new Date().toISOString();
    this.items.value = [...this.items.value, { kind: "notice", key: `notice ${++notices}`, time, happening }];
  }

  /** A message that will never come from the log, which is gone, but was said. */
  keep(message: Message): void {
    if (this.#keys.has(message.key)) return;
    this.#keys.add(message.key);
    this.items.value = [...this.items.value, message];
  }

  /** The message with this key, if it is here. */
  find(key: string): Message | undefined {
    return this.items.value.findLast((item) => item.key === key) as Message | undefined;
  }

  #take(entries: readonly Entry[], me: Reader): { made: Message[]; changed: Set<string> } {
    const changed = new Set(entries.filter(isDeed).map((entry) => this.#deeds.take(entry)));
    const said = entries.filter((entry) => !isDeed(entry) && this.#isNew(entry));
    return { made: said.map((entry) => this.#message(entry, me)), changed };
  }

  /** Whether to show it: once, and nothing that only a later release understands. */
  #isNew({ user, msgid, text, deleted }: Entry): boolean {
    const key = keyOf(user, msgid);
    if (this.#keys.has(key) || (!text && !deleted)) return false;
    this.#keys.add(key);
    return true;
  }

  #message(entry: Entry, me: Reader): Message {
    const { seq, msgid, user, from, time } = entry;
    const mine = user === me.user;
    const message: Message = {
      ...{ kind: "message", key: keyOf(user, msgid), seq, msgid, user, from, time, mine },
      ...{
        text: entry.text,
        via: entry.via ?? "",
        edited: entry.edited ?? "",
        deleted: entry.deleted ?? false,
      },
      ...{ mention: false, reactions: [], state: "sent", why: "" },
    };
    return this.#renew(message, me);
  }

  #renew(message: Message, me: Reader): Message {
    const { key } = message;
    const deleted = message.deleted || this.#deeds.isDeleted(key);
    if (deleted) return { ...message, deleted, text: "", mention: false, reactions: [] };
    const { text, edited } = this.#deeds.textOf(key, message.text, message.edited);
    const mention = !message.mine && mentions(text, me.nick);
    return { ...message, text, edited, mention, reactions: this.#deeds.reactionsTo(key, me.user) };
  }

  #renewed(items: readonly Item[], changed: Set<string>, me: Reader): readonly Item[] {
    if (changed.size === 0) return items;
    return items.map((item) =>
      item.kind === "message" && changed.has(item.key) ? this.#renew(item, me) : item,
    );
  }
}
