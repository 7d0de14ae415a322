// Where something is said, a room or a private conversation: what is known of it, who is there, and
// what of it one has read, on whatever device.

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Message } from "../model";
import { type Entry, isDeed, isPrivate, type Member } from "../protocol";
import { mentions } from "./mentions";
import { type Reader, Timeline } from "./timeline";
import { Typing } from "./typing";

/** Whether an entry is a message that can be read, not one that was erased. */
export function isMessage(entry: Entry): boolean {
  return !entry.deleted && !isDeed(entry);
}

export class Place {
  /** As it is called just now: `lobby`, or `@nick`. */
  readonly room;
  /** Of a conversation: the id of the other side, "" while that isn't known. */
  user: string;
  /** The newest, as far back as it was read. */
  readonly newest = new Timeline();
  /** An older stretch that one looks at instead. */
  readonly past = signal<Timeline | null>(null);
  /** What is shown: `past`, or the newest. */
  readonly shown: ReadonlySignal<Timeline> = computed(() => this.past.value ?? this.newest);
  /** One's own messages that are not confirmed yet. */
  readonly pending = signal<readonly Message[]>([]);
  readonly topic = signal("");
  readonly members = signal<ReadonlyMap<string, string>>(new Map()); // user: nick
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
  /** How many messages of others came after it while nobody looked. */
  readonly missed = signal(0);
  /** One can speak here: it was joined on this connection, and everything up to now is known. */
  readonly ready = signal(false);
  /** A request for older entries is under way. */
  readonly loading = signal(false);
  /** Why one can't be in here, for good. */
  readonly refused = signal("");

  epoch: string | null = null; // of the log that the seqs belong to; null: not read yet
  waiting: Entry[] = []; // entries that came while those before them are read
  behind = false; // those are to be read first
  left = false; // one has gone
  readBefore = 0; // of a conversation that was not loaded yet: one has read it up to here
  watched = false; // somebody looks at the newest
  readonly #filling = signal(false);
  #read = 0; // one has read everything up to here
  #told = 0; // as far as the server knows
  readonly #unread = new Map<number, boolean>(); // seq: whether it mentions one

  constructor(room: string, user = "") {
    this.room = signal(room);
    this.user = user;
  }

  get isPrivate(): boolean {
    return isPrivate(this.room.value);
  }

  /** What the server knows it by, also after the other side took another nick. */
  get address(): string {
    return this.user ? `@+${this.user}` : this.room.value;
  }

  /** What lies before those that wait is being read just now. */
  get filling(): boolean {
    return this.#filling.value;
  }

  set filling(filling: boolean) {
    this.#filling.value = filling;
  }

  get last(): number {
    return this.newest.last;
  }

  get read(): number {
    return this.#read;
  }

  /** How far one has read and the server doesn't know; 0: it knows. */
  get untold(): number {
    return this.#read > this.#told ? this.#read : 0;
  }

  /** The connection is another one: what waited on the one before is given up. */
  anew(read: number): void {
    Object.assign(this, { filling: false, waiting: [], readBefore: read });
  }

  /** Another stretch of a log: what follows on `floor` is to be appended. */
  begin(epoch: string, read: number, floor: number): void {
    if (epoch !== this.epoch) this.past.value = null;
    this.epoch = epoch;
    this.newest.begin(floor);
    this.#read = this.#told = read;
    this.#unread.clear();
    this.#count();
  }

  /** The server keeps nothing before the loaded ones, or there is more than can be counted. */
  beyond(more: boolean): void {
    this.unreadBeyond.value = more;
  }

  /** Entries that follow on the last one. */
  append(entries: readonly Entry[], me: Reader): void {
    const fresh = entries.filter(({ seq }) => seq > this.last);
    this.newest.append(fresh, me);
    for (const entry of fresh) this.#countIn(entry, me);
    for (const entry of fresh) if (isDeed(entry)) this.past.value?.touch(entry, me);
    if (this.watched) this.hasRead();
    else this.#count();
  }

  #countIn(entry: Entry, me: Reader): void {
    if (typeof entry.delete === "string") this.#unread.delete(entry.ref ?? 0);
    if (entry.seq <= this.#read || entry.user === me.user || !isMessage(entry)) return;
    if (!this.watched) this.#miss();
    this.#unread.set(entry.seq, this.isPrivate || mentions(entry.text, me.nick));
  }

  /** One more that is not seen: the line stands before the first of them. */
  #miss(): void {
    if (this.#unread.size === 0) {
      this.line.value = this.#read;
      this.missed.value = 0;
    }
    this.missed.value++;
  }

  #count(): void {
    this.unread.value = this.#unread.size;
    this.mentions.value = [...this.#unread.values()].filter(Boolean).length;
  }

  /** The connection is another one, the log the same. */
  resumed(read: number): void {
    this.#told = read;
    this.hasRead(read);
  }

  /** The server says how far one has read. */
  told(seq: number): void {
    this.#told = Math.max(this.#told, seq);
    this.hasRead(seq);
  }

  /** One has read up to here. */
  hasRead(seq = this.last): void {
    if (seq > this.#read) this.#read = seq;
    for (const each of this.#unread.keys()) if (each <= seq) this.#unread.delete(each);
    if (seq >= this.last) this.unreadBeyond.value = false;
    this.#count();
  }

  /** One comes here: the line stands before what is unread, if anything is. */
  entered(): void {
    this.line.value = this.#unread.size > 0 ? this.#read : -1;
    this.missed.value = this.#unread.size;
  }

  /** Who is there. */
  peopled(members: Iterable<Member>, count: number): void {
    this.members.value = new Map([...members].map(({ user, nick }) => [user, nick]));
    this.count.value = count;
  }

  /** One more, or one less, or another name. */
  moved(user: string, nick: string | null, count = this.count.value): void {
    const members = new Map(this.members.value);
    if (nick === null) members.delete(user);
    else members.set(user, nick);
    this.members.value = members;
    this.count.value = count;
  }
}
