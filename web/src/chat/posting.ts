// Gets what one says to the server: one after the other, each once, whatever happens to the
// connection, and shows it until it comes back from there.

import { type Link, Lost, type Refused } from "../link";
import type { Message } from "../model";
import { type Draft, isDeed } from "../protocol";
import { keyOf } from "./deeds";
import { Outbox, type Unconfirmed } from "./outbox";
import type { Place } from "./place";
import type { Reader } from "./timeline";

const RETRY_AFTER = 1_000; // ms

/** What posting asks of the chat. */
export interface Poster {
  readonly me: Reader;
  places(): Iterable<Place>;
  /** The place that a command's room names. */
  placeNamed(room: string): Place | undefined;
}

export class Posting {
  readonly #link: Link;
  readonly #chat: Poster;
  readonly #outbox = new Outbox(() => this.show());
  #flushing = false;

  constructor(link: Link, chat: Poster) {
    this.#link = link;
    this.#chat = chat;
  }

  publish(command: Draft): void {
    this.#outbox.add(command);
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
    const item = this.#outbox.next(() => true);
    if (item) this.#failed(item, { code: "text_too_long", message: "it is too long" });
  }

  /** Send what waits, until each is stored or refused for good. */
  async flush(): Promise<void> {
    if (this.#flushing) return;
    this.#flushing = true;
    const mayGo = (room: string) => this.#chat.placeNamed(room)?.ready.value ?? false;
    for (let item = this.#outbox.next(mayGo); item; item = this.#outbox.next(mayGo)) {
      try {
        await this.#link.ask({ type: "publish", ...item.command });
        this.#outbox.stored(item, this.#chat.me.user);
      } catch (problem) {
        if (problem instanceof Lost) break;
        const refused = problem as Refused;
        if (refused.temporary) await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER));
        else this.#failed(item, refused);
      }
    }
    this.#flushing = false;
  }

  #failed(item: Unconfirmed, { message, code }: { message: string; code: string }): void {
    this.#outbox.failed(item, message);
    if (!isDeed(item.command)) return;
    this.#chat.placeNamed(item.command.room)?.newest.notice({ what: "error", code, text: message });
  }

  /** What was stored in this place, and will not come any more because that log is gone. */
  settle(place: Place): void {
    for (const item of [...this.#outbox]) {
      if (item.state !== "stored" || this.#chat.placeNamed(item.command.room) !== place) continue;
      place.newest.keep({ ...this.#message(item), state: "sent", user: item.user });
      this.#outbox.remove(item.command.msgid);
    }
  }

  /** Have each place show what isn't confirmed. */
  show(): void {
    const waiting = new Map<Place, Message[]>();
    for (const item of this.#outbox) {
      if (isDeed(item.command)) continue;
      const place = this.#chat.placeNamed(item.command.room);
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
