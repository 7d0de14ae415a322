// Gets what one says to the server: one after the other, each once, whatever happens to the
// connection, and shows it until it comes back from there.

import { type Link, Lost, type Refused } from "../link";
import type { Message } from "../model";
import { type Draft, isDeed } from "../protocol";
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
  places(): Iterable<Place>;
  /** The place of a room, of `@nick`, or of `@+id`. */
  placeNamed(room: string): Place | undefined;
}

export class Posting {
  readonly #link: Link;
  readonly #chat: Poster;
  readonly #outbox = new Outbox(() => this.show());
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
    this.#outbox.add({ ...command, room: place.address }, place.room.value);
    void this.flush();
  }

  /** There is a connection again. */
  resume(): void {
    this.#since = Date.now();
    void this.flush();
  }

  retry(msgid: string): void {
    this.#outbox.retry(msgid);
    void this.flush();
  }

  discard(msgid: string): void {
    this.#outbox.remove(msgid);
  }

  /** It came from the log. */
  confirmed(msgid: string): void {
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
    for (let item = this.#next(); item; item = this.#next()) {
      this.#sending = item;
      try {
        await this.#link.ask({ type: "publish", ...item.command, room: this.#placeOf(item)!.address });
        this.#outbox.stored(item, this.#chat.me.user);
      } catch (problem) {
        if (problem instanceof Lost) break;
        await this.#refused(item, problem as Refused);
      }
    }
    this.#sending = undefined;
    this.#flushing = false;
  }

  #next(): Unconfirmed | undefined {
    return this.#outbox.next((item) => {
      const place = this.#placeOf(item);
      return place?.ready.value === true && !this.#deserted.has(place);
    });
  }

  /** Who one talks with may be another user by now, whom the server knows by the same name. */
  #placeOf({ command, to }: Unconfirmed): Place | undefined {
    return this.#chat.placeNamed(command.room) ?? this.#chat.placeNamed(to);
  }

  async #refused(item: Unconfirmed, refused: Refused): Promise<void> {
    const place = this.#placeOf(item);
    if (refused.temporary) await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER));
    else if (refused.code === "no_such_user" && place && this.#mayComeBack(place)) this.#pause(place);
    else this.#failed(item, refused);
  }

  #mayComeBack(place: Place): boolean {
    const known = place.user !== "" || place.newest.items.value.some(({ kind }) => kind === "message");
    return known && Date.now() - this.#since < OTHERS_BACK;
  }

  /** What is said elsewhere doesn't wait for this one. */
  #pause(place: Place): void {
    this.#deserted.add(place);
    setTimeout(() => {
      this.#deserted.delete(place);
      void this.flush();
    }, RETRY_AFTER);
  }

  #failed(item: Unconfirmed, { message, code }: { message: string; code: string }): void {
    this.#outbox.failed(item, errorText(code, message));
    if (!isDeed(item.command)) return;
    this.#placeOf(item)?.newest.notice({ what: "error", code, text: message });
  }

  /** What was stored in this place, and will not come any more because that log is gone. */
  settle(place: Place): void {
    for (const item of [...this.#outbox]) {
      if (item.state !== "stored" || this.#placeOf(item) !== place) continue;
      place.newest.keep({ ...this.#message(item), state: "sent", user: item.user });
      this.#outbox.remove(item.command.msgid);
    }
  }

  /** Have each place show what isn't confirmed. */
  show(): void {
    const waiting = new Map<Place, Message[]>();
    for (const item of this.#outbox) {
      if (isDeed(item.command)) continue;
      const place = this.#placeOf(item);
      if (place) waiting.set(place, [...(waiting.get(place) ?? []), this.#message(item)]);
    }
    for (const place of this.#chat.places()) {
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
