// Where something is said, a room or a private conversation: what is known of it, who is there, and
// what of it one has read, on whatever device.

import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Happening, Message } from "../model";
import { type Entry, isDeed, isPrivate, type Member } from "../protocol";
import { Deeds } from "./deeds";
import { Inflow } from "./inflow";
import { Members } from "./members";
import { mentions } from "./mentions";
import { type Reader, Timeline } from "./timeline";
import { Typing } from "./typing";
import { isMessage, Unread } from "./unread";

export { isMessage };

/** How entries come: just now, after one was away, or when one is in a place for the first time. */
export type Coming = "live" | "missed" | "first";

export class Place {
  /** As it is called just now: `lobby`, or `@nick`. */
  readonly room;
  /** Of a conversation: the id of the other side, "" while that isn't known. */
  user: string;
  readonly #deeds = new Deeds();
  /** The newest, as far back as it was read. */
  readonly newest = new Timeline(this.#deeds);
  /** An older stretch that one looks at instead. */
  readonly past = signal<Timeline | null>(null);
  /** What is shown: `past`, or the newest. */
  readonly shown: ReadonlySignal<Timeline> = computed(() => this.past.value ?? this.newest);
  /** One's own messages that are not confirmed yet. */
  readonly pending = signal<readonly Message[]>([]);
  readonly topic = signal("");
  readonly members = new Members();
  readonly count = signal(0);
  readonly typing = new Typing();
  /** Messages of others that one has not read, as far as they were loaded. */
  readonly unread = signal(0);
  /** Those of them that mention oneself; in a conversation, all. */
  readonly mentions = signal(0);
  /** There are more unread ones than were loaded. */
  readonly unreadBeyond = signal(false);
  /** The seq after which the line "new messages" stands; -1: nowhere. */
  readonly line = signal(-1);
  /** How many messages of others came after the line, until they were read. */
  readonly missed = signal(0);
  /** One can speak here: it was joined on this connection. */
  readonly ready = signal(false);
  /** A request for older entries is under way. */
  readonly loading = signal(false);
  /** Why one can't be in here, for good. */
  readonly refused = signal("");

  epoch: string | null = null; // of the log that the seqs belong to; null: not read yet
  left = false; // one has gone
  readBefore = 0; // while it is not loaded: one has read it up to here
  watched = false; // somebody looks at the newest
  current = false; // it is what one looks at
  readonly #inflow = signal(new Inflow());
  #read = 0; // one has read everything up to here
  #told = 0; // as far as the server knows
  readonly #unread = new Unread();

  constructor(room: string, user = "") {
    this.room = signal(room);
    this.user = user;
  }

  /** An older stretch of what was said here, empty as yet. */
  stretch(): Timeline {
    return new Timeline(this.#deeds);
  }

  get isPrivate(): boolean {
    return isPrivate(this.room.value);
  }

  /** What the server knows it by, also after the other side took another nick. */
  get address(): string {
    return this.user ? `@+${this.user}` : this.room.value;
  }

  get last(): number {
    return this.newest.last;
  }

  get read(): number {
    return this.#read;
  }

  /** As far as the server knows. */
  get toldRead(): number {
    return this.#told;
  }

  /** How far one has read and the server doesn't know; 0: it knows. */
  get untold(): number {
    return this.#read > this.#told ? this.#read : 0;
  }

  /** What comes into it over the connection that there is. */
  get inflow(): Inflow {
    return this.#inflow.value;
  }

  /** Something that was said is being read, and will be shown in a moment. */
  get filling(): boolean {
    return this.inflow.filling.value;
  }

  /** The connection is another one, or there is none: what was under way on it is given up. */
  anew(): void {
    this.#inflow.value = new Inflow();
    this.ready.value = false;
    this.watched = false;
    this.typing.clear();
  }

  /** The log that the seqs belonged to is gone: what comes is of another one. */
  lost(): void {
    this.newest.breakOff("anew");
    this.newest.begin(0);
    this.epoch = this.past.value = null;
    this.readBefore = this.#read = this.#told = 0;
    this.#unread.clear();
    this.line.value = -1;
    this.unreadBeyond.value = false;
    this.#count();
  }

  /** Another stretch of a log: what follows on `floor` is to be appended. */
  begin(epoch: string, read: number, floor: number): void {
    this.epoch = epoch;
    this.past.value = null;
    this.newest.begin(floor);
    this.#told = read;
    this.#read = Math.max(read, this.#read, this.readBefore);
    this.#unread.clear();
    this.line.value = -1;
    this.unreadBeyond.value = this.#read > 0 && this.#read < floor;
    this.#count();
  }

  /** Entries that follow on the last one. */
  append(entries: readonly Entry[], me: Reader, coming: Coming = "live"): void {
    const fresh = entries.filter(({ seq }) => seq > this.last);
    if (fresh.length === 0) return;
    batch(() => {
      this.newest.append(fresh, me);
      if (!this.current || this.#seen) this.newest.trim();
      const { past } = this;
      if (past.value) for (const entry of fresh) if (isDeed(entry)) past.value.touch(entry, me);
      for (const entry of fresh) this.#countIn(entry, me, coming);
      if (coming === "live" && this.#seen) this.hasRead();
      else this.#count();
    });
  }

  /** Entries from before the first one. */
  prepend(entries: readonly Entry[], more: boolean, me: Reader): void {
    const { floor } = this.newest;
    batch(() => {
      this.newest.prepend(entries, more, me);
      const unread = entries.filter((entry) => entry.seq <= floor && this.#isUnread(entry, me));
      this.#unread.prepend(unread.map((entry) => [entry.seq, this.#calls(entry, me)]));
      if (!this.newest.hasOlder.value || this.newest.floor <= this.#read) this.unreadBeyond.value = false;
      this.#count();
    });
  }

  /** All that was missed is here. */
  caughtUp(): void {
    if (this.#seen) this.hasRead();
  }

  get #seen(): boolean {
    return this.watched && this.past.value === null;
  }

  #isUnread(entry: Entry, me: Reader): boolean {
    return entry.seq > this.#read && entry.user !== me.user && isMessage(entry);
  }

  #calls({ text }: Entry, me: Reader): boolean {
    return this.isPrivate || mentions(text, me.nick);
  }

  #countIn(entry: Entry, me: Reader, coming: Coming): void {
    const { ref = 0 } = entry;
    if (typeof entry.delete === "string") this.#unread.delete(ref);
    else if (typeof entry.edit === "string" && this.#unread.has(ref))
      this.#unread.set(ref, this.#calls(entry, me));
    if (!this.#isUnread(entry, me)) return;
    if (this.#unread.size === 0 && this.#mayDraw(coming)) this.#draw(this.#read);
    this.#unread.set(entry.seq, this.#calls(entry, me));
    if (this.line.value >= 0) this.missed.value++;
  }

  /** Whether the line may stand before what comes: who has never read a room has missed nothing. */
  #mayDraw(coming: Coming): boolean {
    if (coming === "live") return !this.#seen;
    return coming === "missed" || this.isPrivate || this.#read > 0;
  }

  #draw(line: number): void {
    this.line.value = line;
    this.missed.value = 0;
  }

  #count(): void {
    this.unread.value = this.#unread.size;
    this.mentions.value = this.#unread.mentions;
  }

  /** The connection is another one, the log the same. */
  resumed(read: number): void {
    this.#told = read;
    this.hasRead(read);
  }

  /** The server says how far one has read. */
  told(seq: number): void {
    if (this.epoch === null) {
      this.readBefore = Math.max(this.readBefore, seq);
      return;
    }
    this.#told = Math.max(this.#told, seq);
    this.hasRead(seq);
  }

  /** One has read up to here. */
  hasRead(seq = this.last): void {
    if (seq > this.#read) this.#read = seq;
    this.#unread.readUpTo(seq);
    if (seq >= this.newest.floor) this.unreadBeyond.value = false;
    this.#count();
  }

  /** One comes here: the line stands before what is unread, if anything is. */
  entered(): void {
    const { size } = this.#unread;
    this.line.value = size > 0 ? this.#read : -1;
    this.missed.value = size;
  }

  /** Something that was wanted of it was refused, which is said once. */
  refuse(happening: Extract<Happening, { what: "error" }>): void {
    const last = this.newest.items.value.at(-1);
    const before = last?.kind === "notice" && last.happening.what === "error" ? last.happening : null;
    if (before?.code !== happening.code || before.text !== happening.text) this.newest.notice(happening);
  }

  /** Who is there. */
  peopled(members: Iterable<Member>, count: number): void {
    this.members.are(members);
    this.count.value = count;
  }

  /** One more, or one less, or another name. */
  moved(user: string, nick: string | null, count = this.count.value): void {
    this.members.moved(user, nick);
    this.count.value = count;
  }
}
