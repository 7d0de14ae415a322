// A stretch of what was said in one place, without a hole: all messages with a seq above `floor` and
// up to `last`, and what happened among them. It grows at both ends.

import { signal } from "@preact/signals";
import type { Happening, Item, Message } from "../model";
import { type Entry, isDeed } from "../protocol";
import { Deeds, keyOf } from "./deeds";
import { mentions } from "./mentions";

const MOST = 20_000; // items that are kept: a page may stay open for weeks
const SLACK = 1_000; // more of them, until the oldest are forgotten at once

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
  readonly #deeds: Deeds;
  readonly #keys = new Set<string>();
  readonly #came = new Map<string, Message>(); // as they came, of those that look otherwise by now
  #start = 0; // items before it are older than something that nobody can give us any more

  /** `deeds`: what was done in the same place; all its stretches share it. */
  constructor(deeds = new Deeds()) {
    this.#deeds = deeds;
  }

  /** Everything that is here is from after this seq. */
  begin(floor: number): void {
    this.floor = this.last = floor;
    this.hasOlder.value = floor > 0;
  }

  /** Forget everything. */
  clear(): void {
    this.items.value = [];
    this.#keys.clear();
    this.#came.clear();
    this.#deeds.clear();
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
    const items = this.#renewed(this.items.value, changed, me);
    if (made.length > 0 || items !== this.items.value) this.items.value = items.concat(made);
  }

  /** Entries from before `floor`. `more`: there are others before them. */
  prepend(entries: readonly Entry[], more: boolean, me: Reader): void {
    const fresh = entries.filter(({ seq }) => seq <= this.floor);
    this.hasOlder.value = more && fresh.length > 0;
    if (fresh.length === 0) return;
    this.floor = fresh[0]!.seq - 1;
    const { made, changed } = this.#take(fresh, me);
    this.#insert(made, this.#renewed(this.items.value, changed, me));
  }

  /** An older stretch that reaches up to `floor` or beyond is the beginning of this one now. */
  join(older: Timeline, me: Reader): void {
    const fresh = older.items.value.filter(({ key }) => !this.#keys.has(key));
    const items = fresh.map((item) => {
      this.#keys.add(item.key);
      const came = older.#came.get(item.key);
      if (came) this.#came.set(item.key, came);
      return item.kind === "message" && this.#deeds.has(item.key) ? this.#renew(item, me) : item;
    });
    this.#insert(items, this.items.value);
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

  /** Forget the oldest if there are very many; what the log has of them can be read again. */
  trim(): void {
    const items = this.items.value;
    const from = items.length - MOST;
    if (from <= SLACK) return;
    for (const { key } of items.slice(0, from)) {
      this.#keys.delete(key);
      this.#came.delete(key);
    }
    const kept = items.slice(from);
    if (from > this.#start) {
      const first = kept.find((item) => item.kind === "message" && item.seq > 0) as Message | undefined;
      this.floor = first ? first.seq - 1 : this.last;
      this.hasOlder.value = true;
    }
    this.#start = Math.max(0, this.#start - from);
    this.items.value = kept;
  }

  #insert(made: readonly Item[], here: readonly Item[]): void {
    this.items.value = here.slice(0, this.#start).concat(made, here.slice(this.#start));
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
    const { seq, msgid, user, from, time, text, via = "", edited = "", deleted = false } = entry;
    const mine = user === me.user;
    const mention = !mine && mentions(text, me.nick);
    const key = keyOf(user, msgid);
    const said = { kind: "message" as const, key, seq, msgid, user, from, time, text, via, edited, deleted };
    const message: Message = Object.assign(said, {
      mine,
      mention,
      reactions: [],
      state: "sent",
      why: "",
    } as const);
    return deleted || this.#deeds.has(key) ? this.#renew(message, me) : message;
  }

  /** As it looks after all that was done to it. */
  #renew(message: Message, me: Reader): Message {
    const { key } = message;
    const deleted = message.deleted || this.#deeds.isDeleted(key);
    if (deleted) return { ...message, deleted, text: "", mention: false, reactions: [] };
    const came = this.#came.get(key) ?? message;
    this.#came.set(key, came);
    const { text, edited } = this.#deeds.textOf(key, came.text, came.edited);
    const mention = !message.mine && mentions(text, me.nick);
    return { ...message, text, edited, mention, reactions: this.#deeds.reactionsTo(key, me.user) };
  }

  /** The same items if nothing has changed. */
  #renewed(items: readonly Item[], changed: Set<string>, me: Reader): readonly Item[] {
    let left = [...changed].filter((key) => this.#keys.has(key)).length;
    if (left === 0) return items;
    const renewed = items.slice();
    const [only] = changed.size === 1 ? changed : []; // as mostly: that is found faster
    for (let at = items.length - 1; at >= 0 && left > 0; at--) {
      const { key } = items[at]!;
      if (only === undefined ? !changed.has(key) : key !== only) continue;
      renewed[at] = this.#renew(items[at] as Message, me);
      left--;
    }
    return renewed;
  }
}
