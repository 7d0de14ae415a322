// Gets what one says to the server: one after the other, each once, whatever happens to the
// connection, and shows it until it comes back from there.

import { type Link, Lost, type Refused } from "../link";
import type { Message } from "../model";
import { type Draft, isDeed, type Published } from "../protocol";
import { errorText } from "../texts";
import { keyOf } from "./deeds";
import { Outbox, type Unconfirmed } from "./outbox";
import type { Place } from "./place";
import type { Reader } from "./timeline";

const RETRY_AFTER = 1_000; // ms
const OTHERS_BACK = 20_000; // ms: after a restart of the server the others may come back later than we

/** What posting asks of the chat. */
export interface Poster {
  readonly me: Reader;
  readonly everyPlace: Iterable<Place>;
  /** The place of a room, of `@nick`, or of `@+id`. */
  placeNamed(room: string): Place | undefined;
  /** What was said in a place was refused: that is to be seen. */
  failed(place: Place): void;
}

/** Why something was refused. */
interface Reason {
  code: string;
  message: string;
}

export class Posting {
  readonly #link: Link;
  readonly #chat: Poster;
  readonly #outbox = new Outbox(() => this.show());
  readonly #places = new Map<string, Place>(); // by msgid, of what was said since the page was opened
  readonly #deserted = new Set<Place>(); // whose other side isn't back yet
  #flushing = false;
  #sending: Unconfirmed | undefined;
  #since = 0; // when we came back

  constructor(link: Link, chat: Poster) {
    this.#link = link;
    this.#chat = chat;
  }

  /** What waits, as a page before this one left it, too. */
  get waiting(): Iterable<Unconfirmed> {
    return this.#outbox;
  }

  publish(place: Place, command: Omit<Draft, "room">): void {
    const msgid = this.#outbox.add({ ...command, room: place.address }, place.room.value);
    this.#places.set(msgid, place);
    this.show();
    void this.flush();
  }

  /** There is a connection again. */
  resume(): void {
    this.#since = Date.now();
    void this.flush();
  }

  /** Its place, if it may be sent again. */
  retry(msgid: string): Place | undefined {
    this.#outbox.retry(msgid);
    void this.flush();
    const item = [...this.#outbox].find(({ command }) => command.msgid === msgid);
    return item && this.#placeOf(item);
  }

  discard(msgid: string): void {
    this.#remove(msgid);
  }

  /** It came from the log. */
  confirmed(msgid: string): void {
    this.#remove(msgid);
  }

  #remove(msgid: string): void {
    this.#places.delete(msgid);
    this.#outbox.remove(msgid);
  }

  /** What was being sent is more than the server takes. */
  tooBig(): void {
    if (this.#sending) this.#failed(this.#sending, { code: "text_too_long", message: "it is too long" });
  }

  /** Send what waits, until each is stored or refused for good. */
  async flush(): Promise<void> {
    if (this.#flushing) return;
    this.#flushing = true;
    try {
      for (let item = this.#next(); item && (await this.#send(item)); ) item = this.#next();
    } finally {
      this.#flushing = false;
    }
  }

  /** Whether the connection is still there. */
  async #send(item: Unconfirmed): Promise<boolean> {
    const place = this.#placeOf(item)!;
    this.#sending = item;
    try {
      const published = await this.#link.ask({ type: "publish", ...item.command, room: place.address });
      this.#stored(item, place, published);
    } catch (problem) {
      if (problem instanceof Lost) return false;
      await this.#refused(item, place, problem as Refused);
    } finally {
      this.#sending = undefined;
    }
    return true;
  }

  #next(): Unconfirmed | undefined {
    return this.#outbox.next((item) => {
      const place = this.#placeOf(item);
      return place?.ready.value === true && !this.#deserted.has(place);
    });
  }

  #stored(item: Unconfirmed, place: Place, { seq }: Published): void {
    this.#outbox.stored(item, this.#chat.me.user, seq);
    if (place.epoch !== null) this.passed(place);
  }

  /** What is stored here and lies before what is still to come is among what was read, or above it. */
  passed(place: Place): void {
    for (const item of [...this.#outbox]) {
      if (item.state !== "stored" || item.seq > place.last || this.#placeOf(item) !== place) continue;
      this.#remove(item.command.msgid);
    }
  }

  /** Who one talks with may be another user by now, whom the server knows by the same name. */
  #placeOf({ command, to }: Unconfirmed): Place | undefined {
    const place = this.#places.get(command.msgid);
    if (place && !place.left) return place;
    return this.#chat.placeNamed(command.room) ?? this.#chat.placeNamed(to);
  }

  async #refused(item: Unconfirmed, place: Place, refused: Refused): Promise<void> {
    if (refused.temporary) await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER));
    else if (refused.code === "no_such_user" && this.#mayComeBack(place)) this.#pause(place);
    else this.#failed(item, refused);
  }

  #mayComeBack(place: Place): boolean {
    const isKnown = place.user !== "" || place.newest.items.value.some(({ kind }) => kind === "message");
    return isKnown && Date.now() - this.#since < OTHERS_BACK;
  }

  /** What is said elsewhere doesn't wait for this one. */
  #pause(place: Place): void {
    this.#deserted.add(place);
    setTimeout(() => {
      this.#deserted.delete(place);
      void this.flush();
    }, RETRY_AFTER);
  }

  #failed(item: Unconfirmed, { message, code }: Reason): void {
    const place = this.#placeOf(item);
    this.#outbox.failed(item, errorText(code, message));
    if (!place) return;
    if (isDeed(item.command)) place.newest.notice({ what: "error", code, text: message });
    else this.#chat.failed(place);
  }

  /** One can't be in this place: what waits for it is refused, too. */
  refuse(place: Place, reason: Reason): void {
    for (const item of [...this.#outbox])
      if (item.state === "unsent" && this.#placeOf(item) === place) this.#failed(item, reason);
  }

  /** One has left this place for good: what wasn't sent is given up. */
  giveUp(place: Place): void {
    for (const item of [...this.#outbox]) if (this.#placeOf(item) === place) this.#remove(item.command.msgid);
  }

  /** What was said in one place is in the other now. */
  move(from: Place, to: Place): void {
    for (const [msgid, place] of this.#places) if (place === from) this.#places.set(msgid, to);
    this.show();
    void this.flush();
  }

  /** What was stored in this place, and will not come any more because that log is gone. */
  settle(place: Place): void {
    for (const item of [...this.#outbox]) {
      if (item.state !== "stored" || this.#placeOf(item) !== place) continue;
      place.newest.keep({ ...this.#message(item), state: "sent", user: item.user });
      this.#remove(item.command.msgid);
    }
  }

  /** Have each place show what isn't confirmed. */
  show(): void {
    const waiting = new Map<Place, Message[]>();
    for (const item of this.#outbox) {
      if (isDeed(item.command)) continue;
      const place = this.#placeOf(item);
      if (!place) continue;
      const before = waiting.get(place);
      if (before) before.push(this.#message(item));
      else waiting.set(place, [this.#message(item)]);
    }
    for (const place of this.#chat.everyPlace) {
      const now = waiting.get(place) ?? [];
      if (now.length > 0 || place.pending.value.length > 0) place.pending.value = now;
    }
  }

  #message({ command, time, state, why, user }: Unconfirmed): Message {
    const { me } = this.#chat;
    const { msgid, text = "" } = command;
    return {
      ...{ kind: "message", key: keyOf(user || me.user, msgid), seq: 0, msgid, user: me.user, from: me.nick },
      ...{ time, text, via: "", edited: "", deleted: false, mine: true, mention: false, reactions: [] },
      ...{ state: state === "failed" ? "failed" : "pending", why },
    };
  }
}
