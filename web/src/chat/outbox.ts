// What one said, or did to a message, and the server has not confirmed. It outlives a reload.

import { remember, remembered } from "../memory";
import { type Draft, isDeed } from "../protocol";

export interface Unconfirmed {
  command: Draft & { msgid: string };
  to: string; // the name that its place had
  time: string; // RFC 3339, of this computer
  state: "unsent" | "stored" | "failed"; // stored: it is shown when it comes back from the server
  why: string; // it failed
  user: string; // whose it is, once it is stored
  seq: number; // where it is stored
}

/** A name for a message that nobody else gives. (randomUUID is missing on plain http pages.) */
function newMsgid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A page of an earlier release left no `state`. */
function asItem({ command, to, time, state, why }: Unconfirmed): Unconfirmed {
  const still = state === "failed" ? "failed" : "unsent";
  return { command, to: to ?? command.room, time, state: still, why: why ?? "", user: "", seq: 0 };
}

function left(): Unconfirmed[] {
  const items = remembered<unknown>("sessionStorage", "outbox", []);
  return Array.isArray(items) ? items.filter((item) => item?.command?.msgid && item.command.room) : [];
}

export class Outbox {
  readonly #items = new Map<string, Unconfirmed>(); // msgid: in order
  readonly #changed: () => void;

  /** `changed()` is called after each change. What a page before this one left is in here. */
  constructor(changed: () => void) {
    this.#changed = changed;
    for (const item of left().map(asItem)) this.#items.set(item.command.msgid, item);
  }

  [Symbol.iterator](): IterableIterator<Unconfirmed> {
    return this.#items.values();
  }

  /** Its msgid. */
  add(draft: Draft, to: string): string {
    const msgid = newMsgid();
    const command = { ...draft, msgid };
    const time = new Date().toISOString();
    this.#items.set(msgid, { command, to, time, state: "unsent", why: "", user: "", seq: 0 });
    this.#keep();
    return msgid;
  }

  /** The first that waits to be sent and `mayGo`. */
  next(mayGo: (item: Unconfirmed) => boolean): Unconfirmed | undefined {
    for (const item of this) if (item.state === "unsent" && mayGo(item)) return item;
    return undefined;
  }

  /** The server has it. */
  stored(item: Unconfirmed, user: string, seq: number): void {
    if (isDeed(item.command)) this.#items.delete(item.command.msgid);
    else this.#become(item, { state: "stored", user, seq });
    this.#keep();
  }

  /** The server refused it for good. */
  failed(item: Unconfirmed, why: string): void {
    if (isDeed(item.command)) this.#items.delete(item.command.msgid);
    else this.#become(item, { state: "failed", why });
    this.#keep();
  }

  /** Send it again, under the same msgid: whatever became of the first try, it is stored once. */
  retry(msgid: string): void {
    const item = this.#items.get(msgid);
    if (item?.state !== "failed") return;
    this.#items.delete(msgid);
    this.#items.set(msgid, { ...item, state: "unsent", why: "" });
    this.#keep();
  }

  /** Whether it was in here. */
  remove(msgid: string): boolean {
    if (!this.#items.delete(msgid)) return false;
    this.#keep();
    return true;
  }

  #become({ command: { msgid } }: Unconfirmed, change: Partial<Unconfirmed>): void {
    const item = this.#items.get(msgid);
    if (item) this.#items.set(msgid, { ...item, ...change });
  }

  #keep(): void {
    const kept = [...this].filter(({ state }) => state !== "stored");
    remember("sessionStorage", "outbox", kept);
    this.#changed();
  }
}
