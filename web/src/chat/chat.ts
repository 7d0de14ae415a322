// One user in any number of rooms and conversations: speaks the JSON protocol (docs/protocol.md) over
// as many connections as it takes, and keeps what there is to be shown, as signals. Knows nothing of
// the document.

import { batch, signal } from "@preact/signals";
import { LOBBY } from "../address";
import { Link, type LinkClient, Lost, Refused } from "../link";
import type { Connection, Happening, Message } from "../model";
import {
  type Connected,
  type Entry,
  type Found,
  isPrivate,
  type Limits,
  type Push,
  type Replies,
  type RoomInfo,
} from "../protocol";
import type { Connect } from "../sockets";
import { errorText, t } from "../texts";
import { Coming } from "./coming";
import { hear } from "./hearing";
import { Identity } from "./identity";
import { Joining } from "./joining";
import { Marks } from "./marks";
import { isMessage, type Place } from "./place";
import { Places } from "./places";
import { Posting } from "./posting";
import { Reading } from "./reading";
import type { Reader } from "./timeline";

const UNKNOWN = ["bad_nick", "no_such_user"]; // the server knows no nick of whoever has this session
const NO_LIMITS: Limits = { text: 0, rooms: 0, rate: 0, burst: 0, edit_within: 0 };

export class Chat implements LinkClient {
  /** How one is connected. */
  readonly connection = signal<Connection>({ state: "connecting" });
  readonly #identity = new Identity();
  /** Who one is; `user` is "" until one is connected. */
  readonly self = this.#identity.self;
  readonly limits = signal<Limits>(NO_LIMITS);
  /** One has to be asked for a name; what was wrong with the last one. */
  readonly asking = signal<{ problem: string } | null>(null);
  readonly #places = new Places();
  /** The rooms that one is in, by name. */
  readonly rooms = this.#places.rooms.places;
  /** One's private conversations, the latest first. */
  readonly talks = this.#places.talks.places;
  /** What is looked at. */
  readonly current;

  /** Called for each message of somebody else that comes while one is connected, or when one is back:
   * then it was `missed`. Not for what was there when one came to a place for the first time. */
  onmessage: (place: Place, entry: Entry, missed: boolean) => void = () => {};

  readonly #link: Link;
  readonly #reading: Reading;
  readonly #posting: Posting;
  readonly #joining: Joining;
  readonly #coming = new Coming((place) => this.#comeTo(place));
  readonly #marks: Marks;
  #wasHere = false; // one was connected before, since the page was opened

  /** `room` is looked at first. */
  constructor(connect: Connect, room: string) {
    this.#link = new Link(this, connect);
    this.#reading = new Reading(
      this.#link,
      () => this.self.value,
      (place, entries, missed) => this.#shown(place, entries, missed),
    );
    this.#posting = new Posting(this.#link, this);
    this.#joining = new Joining(this.#link, this.#reading, this);
    this.#marks = new Marks(this.#link, () =>
      [...this.places()].filter(({ ready, epoch }) => ready.value && epoch),
    );
    this.current = signal(this.#places.open(room, false));
    this.current.value.current = true;
    for (const { command, to } of this.#posting.waiting) this.#places.openFor({ room: command.room, to });
    this.#posting.show();
  }

  // -- what the page calls

  get me(): Reader {
    return this.self.value;
  }

  /** Those that are listed. */
  places(): Iterable<Place> {
    return this.#places.listed();
  }

  placeNamed(room: string): Place | undefined {
    return this.#places.named(room);
  }

  /** Come in, under a nick that was just typed or as who one was last time. */
  start(nick: string | null = null): void {
    this.#identity.named(nick);
    if (this.me.nick === "") this.asking.value = { problem: "" };
    else {
      this.asking.value = null;
      this.#link.open();
    }
  }

  /** Try to connect now. */
  reconnect(): void {
    this.#link.open();
  }

  /** Now is a good moment to come back. `asleep`: the connection that we have is a dead one. */
  wake(asleep = false): void {
    this.#link.wake(asleep ? Number.POSITIVE_INFINITY : 0);
  }

  /** The browser says that there is no network. */
  offline(): void {
    this.#link.offline();
  }

  /** Look at a room, coming into it if one isn't there yet, or at the conversation `@nick`. */
  open(room: string): Place {
    const place = this.#places.open(room, this.#coming.isConnected);
    this.#look(place);
    void this.#come(place);
    return place;
  }

  #look(place: Place): void {
    const before = this.current.value;
    if (place === before) return;
    batch(() => {
      Object.assign(before, { current: false, watched: false });
      place.current = true;
      this.current.value = place;
      place.entered();
    });
  }

  /** Leave a room for good, or hide a conversation until something is said in it. Who looks at it
   * looks at the next one then, or the one before it. */
  leave(place: Place): void {
    const next = this.#places.nextTo(place);
    if (place.isPrivate) {
      this.#places.talks.hide(place);
    } else {
      this.#posting.giveUp(place);
      this.#places.rooms.remove(place);
      this.#link.tell({ type: "leave", room: place.room.value });
    }
    if (place === this.current.value) this.open(next?.room.value ?? LOBBY);
  }

  /** Say something, once, whatever happens to the connection. */
  say(place: Place, text: string): void {
    this.typed(place, false);
    this.#posting.publish(place, { text });
    if (!place.ready.value) void this.#come(place);
  }

  /** Give a message of one's own another text. */
  edit(place: Place, message: Message, text: string): void {
    this.#posting.publish(place, { edit: message.msgid, text });
  }

  /** Erase a message of one's own. */
  erase(place: Place, message: Message): void {
    this.#posting.publish(place, { delete: message.msgid });
  }

  /** Add a reaction to a message, or take it back. */
  react(place: Place, { msgid, user }: Message, text: string, active: boolean): void {
    this.#posting.publish(place, { react: msgid, of: user, text, active });
  }

  /** Send a failed message again. It can't double. */
  retry(message: Message): void {
    const place = this.#posting.retry(message.msgid);
    if (place && !place.ready.value) void this.#come(place);
  }

  /** Give a failed message up. */
  discard(message: Message): void {
    this.#posting.discard(message.msgid);
  }

  /** Whether somebody looks at the newest of a place: then what comes there is read. */
  watch(place: Place, watched: boolean): void {
    place.watched = watched;
    if (!watched) return;
    place.hasRead();
    this.#marks.tell();
  }

  /** One may be gone in a moment. */
  hurry(): void {
    this.#marks.tell(true);
  }

  /** Read what comes before what is shown. Never rejects. */
  older(place: Place): Promise<void> {
    return this.#reading.older(place).catch((problem: unknown) => this.#hindered(problem, place));
  }

  /** Read on after an older stretch that is shown. Never rejects. */
  newer(place: Place): Promise<void> {
    return this.#reading.newer(place).catch((problem: unknown) => this.#hindered(problem, place));
  }

  /** Show what was said around this seq. Never rejects. */
  async around(place: Place, seq: number): Promise<void> {
    await this.#come(place); // what is read then need not be read again
    return this.#reading.around(place, seq).catch((problem: unknown) => this.#hindered(problem, place));
  }

  /** Rejects with Refused, or Lost. */
  async rename(nick: string): Promise<void> {
    await this.#link.ask({ type: "nick", nick });
  }

  /** Rejects with Refused, or Lost. */
  async setTopic(place: Place, text: string): Promise<void> {
    await this.#link.ask({ type: "topic", room: place.room.value, text });
  }

  /** The rooms that there are. Rejects with Refused, or Lost. */
  async listRooms(): Promise<RoomInfo[]> {
    return (await this.#link.ask({ type: "rooms" })).rooms;
  }

  /** Who is in a room that one is in. Rejects with Refused, or Lost. */
  who(room: string): Promise<Replies["presence"]> {
    return this.#link.ask({ type: "presence", room });
  }

  /** Messages that have these words, the newest first. Rejects with Refused, or Lost. */
  search(words: string, options: { room?: string; before?: string } = {}): Promise<Found> {
    return this.#link.ask({ type: "search", words, limit: 30, ...options });
  }

  /** Something is being typed, which is told again from time to time, or no more. */
  typed(place: Place, active: boolean): void {
    if (!place.ready.value || !place.typing.isNews(active)) return;
    this.#link.tell({ type: "typing", room: place.address, active });
  }

  /** An answer to what was typed, in the place that is looked at. */
  tell(happening: Happening): void {
    this.current.value.newest.notice(happening);
  }

  /** The secret with which one is the same user elsewhere. */
  get session(): string {
    return this.#identity.session;
  }

  /** Be the user who has this session from now on. */
  become(session: string): void {
    this.#identity.become(session);
    this.#link.open();
  }

  // -- what the link calls

  status(connection: Connection): void {
    batch(() => {
      this.#coming.end();
      this.connection.value = connection;
      for (const place of this.everyPlace) place.anew();
    });
  }

  opened(): void {
    this.#begin().catch((problem: unknown) => this.#refusedToComeIn(problem));
  }

  tooBig(): void {
    this.#posting.tooBig();
  }

  push(push: Push): void {
    if (push.type === "message") this.#message(push);
    else if (push.type === "error") this.tell({ what: "error", code: push.code, text: push.message });
    else hear(this, push);
  }

  // -- coming in

  async #begin(): Promise<void> {
    const me = await this.#introduced();
    const first = this.current.value;
    batch(() => this.#welcomed(me));
    const visit = this.#coming.begin();
    this.#posting.resume();
    await this.#come(first);
    if (!this.#coming.isStill(visit)) return;
    this.#settled();
    this.#link.settled();
    const talks = this.#places.talks.all.filter(({ inflow }) => inflow.behind);
    await Promise.all([this.#coming.all(this.rooms.value), this.#coming.all(talks)]);
    if (this.#coming.isStill(visit)) this.#wasHere = true;
  }

  /** Who was here a moment ago keeps the nick that the server knows: another device may have changed it
   * meanwhile. Who was not, has to name one. */
  async #introduced(): Promise<Connected> {
    const { nick, session, byHand } = this.#identity.introduction;
    try {
      if (session !== "" && !byHand) return await this.#link.ask({ type: "connect", session });
    } catch (problem) {
      const isUnknown = problem instanceof Refused && UNKNOWN.includes(problem.code);
      if (!isUnknown || nick === undefined) throw problem;
    }
    return this.#link.ask({ type: "connect", nick, session });
  }

  #welcomed(me: Connected): void {
    this.limits.value = me.limits;
    const isOther = this.#identity.welcomed(me);
    // What another user has read, and marked as read, is not this one's.
    if (isOther) for (const place of this.everyPlace) if (place.epoch === me.epoch) place.newest.clear();
    for (const place of this.rooms.value) if (isOther || place.epoch !== me.epoch) this.lost(place);
    const log = `${me.epoch} ${me.user}`; // each has other conversations in it
    this.#places.talks.begin(log, me.conversations ?? [], (place) => this.lost(place));
    this.#posting.show();
  }

  /** The place that one looks at can be used. */
  #settled(): void {
    if (this.connection.value.state === "connected") return;
    this.connection.value = { state: "connected", transport: this.#link.transport };
  }

  /** Be in a place, as far as there is a connection. Never rejects. */
  #come(place: Place): Promise<void> {
    return this.#coming.come(place);
  }

  async #comeTo(place: Place): Promise<void> {
    try {
      if (!place.isPrivate) await this.#joining.join(place);
      else if (place.epoch === null) await this.#reading.load(place, this.#wasHere && place.inflow.behind);
      else await this.#reading.fill(place);
      this.#marks.tell();
    } catch (problem) {
      this.#hindered(problem, place);
    }
  }

  // -- what posting and joining call

  /** What was said in a place was refused: that is to be seen. */
  failed(place: Place): void {
    if (place.isPrivate) this.#places.talks.unhide(place);
  }

  /** The server calls a room so: it may be one that we have already. */
  renamedRoom(place: Place, room: string): Place {
    const stays = this.#places.rooms.renamed(place, room);
    if (stays === place) return place;
    this.#posting.move(place, stays);
    if (place === this.current.value) this.#look(stays);
    void this.#come(stays);
    return stays;
  }

  /** The log of a place is gone. */
  lost(place: Place): void {
    this.#posting.settle(place);
    if (place.epoch !== null) place.lost();
  }

  /** One can speak in a place from now on. */
  arrived(place: Place): void {
    if (place === this.current.value) this.#settled();
    void this.#posting.flush();
  }

  #refusedToComeIn(problem: unknown): void {
    if (problem instanceof Lost) return; // the link sees to it
    if (!(problem instanceof Refused)) {
      console.error(problem);
      this.#link.again();
    } else {
      this.#refused(problem);
    }
  }

  #refused(problem: Refused): void {
    const then = this.#identity.refused(problem);
    if (then === "again") {
      this.#link.again(problem.message);
    } else if (then === "before") {
      this.#link.open();
      this.tell({ what: "error", code: "", text: t().settings.unknown });
    } else {
      this.#link.stop();
      this.asking.value = { problem: this.me.nick && errorText(problem.code, problem.message) };
    }
  }

  /** Something that one wanted of a place was refused. */
  #hindered(problem: unknown, place: Place): void {
    if (problem instanceof Lost) return; // it is done again after coming back
    if (!(problem instanceof Refused)) {
      console.error(problem);
      this.#link.again();
    } else if (problem.temporary) {
      this.#link.again(problem.message);
    } else {
      place.refuse({ what: "error", code: problem.code, text: problem.message });
      if (!place.isPrivate && !place.ready.value) this.#posting.refuse(place, problem);
    }
  }

  /** Also the conversations that are hidden. */
  get everyPlace(): Place[] {
    return this.#places.all;
  }

  // -- what is said, and what happens

  #message(entry: Entry): void {
    const mine = entry.user === this.me.user;
    const place = isPrivate(entry.room)
      ? this.#places.talks.of(entry, mine ? this.#places.idOf(entry.room) : entry.user)
      : this.#places.rooms.named(entry.room);
    // What is said in a room where one isn't yet will be read when one comes in.
    if (!place || (place.epoch === null && !place.isPrivate && !place.filling)) return;
    if (!mine && isMessage(entry) && entry.seq > place.last) this.onmessage(place, entry, false);
    this.#reading.take(place, entry).catch((problem: unknown) => this.#hindered(problem, place));
  }

  #shown(place: Place, entries: readonly Entry[], missed: boolean): void {
    const told = new Set(missed ? place.inflow.waiting.map(({ seq }) => seq) : []); // as they came
    for (const entry of entries) {
      // Whoever it is from: nobody else knew the msgid, but we may be another user by now.
      this.#posting.confirmed(entry.msgid);
      place.typing.stop(entry.user);
      const isNews = missed && entry.user !== this.me.user && isMessage(entry) && !told.has(entry.seq);
      if (isNews) this.onmessage(place, entry, true);
    }
    this.#posting.passed(place);
    if (place.watched) this.#marks.tell();
  }

  // -- what hearing calls

  /** Somebody, or oneself, is called otherwise. */
  renamed(push: Extract<Push, { type: "nick" }>): void {
    const mine = push.user === this.me.user;
    if (mine) this.#identity.renamed(push.nick);
    this.#places.renamed(push, mine);
  }
}
