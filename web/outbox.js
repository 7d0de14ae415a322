// What one said, or did to a message, and the server has not confirmed. It outlives a reload.

import { remember, remembered } from "./memory.js";
import { isDeed } from "./place.js";

/** A name for a message that nobody else gives. (randomUUID is missing on plain http pages.) */
function newMsgid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What a page of an earlier release left had no `command`. */
function asItem({ command, msgid, room, text, time }) {
  return { command: command ?? { msgid, room, text }, time, sent: false };
}

export class Outbox {
  #items = new Map(); // msgid: {command, time, sent, user}, in order

  /** `command` is what to publish, without its msgid. */
  add(command) {
    const msgid = newMsgid();
    const item = { command: { ...command, msgid }, time: new Date().toISOString(), sent: false };
    this.#items.set(msgid, item);
    this.#keep();
    return item;
  }

  /** Those that a page before this one left; they are in here from now on. */
  restore() {
    const items = remembered("sessionStorage", "outbox", []).map(asItem);
    for (const item of items) this.#items.set(item.command.msgid, item);
    return items;
  }

  get unsent() {
    return [...this.#items.values()].find(({ sent }) => !sent);
  }

  get sent() {
    return [...this.#items.values()].filter(({ sent }) => sent);
  }

  /** The server has it; it is shown when it comes back from there. */
  stored(item, user) {
    if (isDeed(item.command)) this.#items.delete(item.command.msgid);
    else Object.assign(item, { sent: true, user });
    this.#keep();
  }

  /** Whether it was in here. */
  remove(msgid) {
    if (!this.#items.delete(msgid)) return false;
    this.#keep();
    return true;
  }

  #keep() {
    remember("sessionStorage", "outbox", [...this.#items.values()].filter(({ sent }) => !sent));
  }
}
