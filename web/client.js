// One user in one room: speaks the JSON protocol (docs/protocol.md) over as many connections as it
// takes, and tells a page what to show. Knows nothing of the document. Times are in milliseconds.

import { Link, Lost, Refused } from "./link.js";
import { remember, remembered } from "./memory.js";

const NICK_PATIENCE = 15_000; // the nick of a lost user is held for a while, usually for 10 s
const TYPING_EVERY = 3_000;
const TYPING_SHOWN = 6_000;
const RETRY_AFTER = 1_000;
const ENTRIES = 1_000; // asked for at once

/** A name for a message that nobody else gives. (randomUUID is missing on plain http pages.) */
function newMsgid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Chat {
  #page;
  #link = new Link(this);
  #me = { user: "", nick: "", session: "", limits: { text: 0 } };
  #members = new Map(); // user: nick
  #ready = false; // connected, and in the room
  #byHand = false; // the nick was just typed: say at once when it is taken
  #takenSince = 0; // the nick, while we try to have it back
  #place = null; // the room, and the last entry of it that was shown
  #talks = null; // of each private conversation, the seq up to which all was shown
  #caughtUp = false; // with what was written privately while the connection was away
  #outbox = new Map(); // msgid: {msgid, room, text, time, sent, user}, in order
  #flushing = false;
  #typing = new Map(); // user: {nick, timer}
  #typedAt = 0; // when we last told so; 0: we are not typing

  constructor(page) {
    this.#page = page;
    // Shared by all tabs: each is the same user.
    this.#me = { ...this.#me, ...remembered("localStorage", "rabbitchat", {}) };
    for (const item of remembered("sessionStorage", "outbox", [])) this.#add(item);
  }

  // -- what the page calls

  get nick() {
    return this.#me.nick;
  }

  get room() {
    return this.#place.room;
  }

  /** The longest text that can be said, in characters; 0: any. */
  get longest() {
    return this.#me.limits.text;
  }

  /** Come in, under a nick that was just typed or as who one was last time. */
  start(nick = null) {
    this.#byHand = nick !== null;
    if (nick !== null) this.#me.nick = nick;
    this.#link.open();
  }

  /** Now is a good moment to come back. */
  wake() {
    this.#link.wake();
  }

  /** Go into a room, out of the one before. */
  enter(room) {
    if (this.#ready) this.#link.tell({ type: "leave", room: this.room });
    const connected = this.#me.user !== "" && this.#link.isOpen;
    this.#ready = false;
    this.#place = { room, epoch: null, seq: 0, waiting: [], filling: false };
    if (connected) this.#join().catch((problem) => this.#hindered(problem));
  }

  /** Say something in the room or to `@nick`: once, whatever happens to the connection. */
  say(text, room = this.room) {
    this.typed(false);
    this.#add({ msgid: newMsgid(), room, text, time: new Date().toISOString(), sent: false });
    this.#keepOutbox();
    this.#flush();
  }

  rename(nick) {
    return this.#link.ask({ type: "nick", nick });
  }

  setTopic(text) {
    return this.#link.ask({ type: "topic", room: this.room, text });
  }

  /** Something is being typed, which is told again from time to time, or no more. */
  typed(active) {
    const now = Date.now();
    if (!this.#ready || (active ? now - this.#typedAt < TYPING_EVERY : !this.#typedAt)) return;
    this.#typedAt = active ? now : 0;
    this.#link.tell({ type: "typing", room: this.room, active });
  }

  // -- what the link calls

  status(state, reason) {
    this.#ready = false;
    this.#caughtUp = false;
    this.#typedAt = 0;
    this.#me.user = "";
    for (const user of [...this.#typing.keys()]) this.#stopTyping(user);
    this.#page.status(state, reason);
  }

  opened() {
    this.#begin().catch((problem) => this.#hindered(problem));
  }

  tooBig() {
    const item = this.#unsent();
    if (item) this.#failed(item, "it is too long");
  }

  push(push) {
    if (push.type === "message") this.#message(push);
    else if (push.type === "nick") this.#renamed(push);
    else if (push.type === "error") this.#page.error(push.message);
    else if (push.room === this.room) this.#happened(push);
  }

  // -- coming in

  async #begin() {
    // Another tab may have become a new user meanwhile.
    const { session } = remembered("localStorage", "rabbitchat", this.#me);
    const { type, id, ...me } = await this.#link.ask({ type: "connect", nick: this.nick, session });
    this.#me = me;
    this.#byHand = false;
    this.#takenSince = 0;
    this.#named(me.nick);
    await this.#join();
    await this.#readTalks();
  }

  #named(nick) {
    this.#me.nick = nick;
    remember("localStorage", "rabbitchat", { nick, session: this.#me.session });
    this.#page.named(nick);
  }

  /** Something that coming in needs was refused. */
  #hindered(problem) {
    if (problem instanceof Lost) return; // the link sees to it
    if (!(problem instanceof Refused)) {
      console.error(problem);
      this.#link.again();
    } else if (problem.temporary && this.#isPatient(problem)) {
      this.#link.again(problem.message);
    } else if (this.#me.user === "") {
      this.#takenSince = 0;
      this.#link.stop();
      this.#page.askName(problem.message);
    } else {
      this.#page.connected(this.#link.transport);
      this.#page.error(problem.message);
    }
  }

  #isPatient({ code }) {
    if (code !== "nick_in_use") return true;
    this.#takenSince ||= Date.now();
    return !this.#byHand && Date.now() - this.#takenSince < NICK_PATIENCE;
  }

  async #join() {
    const place = this.#place;
    const { room, epoch, seq } = place;
    const again = epoch !== null;
    const recover = again ? { epoch, seq } : null;
    const joined = await this.#link.ask({ type: "join", room, recover });
    if (place !== this.#place) {
      this.#link.tell({ type: "leave", room: joined.room });
      return;
    }
    place.room = joined.room;
    this.#members = new Map(joined.members.map(({ user, nick }) => [user, nick]));
    this.#page.entered(joined, this.#members);
    if (again && !joined.recovered) {
      this.#settleSent();
      this.#page.gap(joined.epoch !== epoch);
    }
    if (!joined.recovered) Object.assign(place, { epoch: joined.epoch, seq: 0 });
    for (const entry of joined.entries) this.#next(entry, place);
    place.seq = joined.seq;
    this.#ready = true;
    this.#link.settled();
    this.#page.connected(this.#link.transport);
    this.#flush();
    if (joined.more) await this.#fill(place);
  }

  // -- what is said

  /** A message came. A room's messages are shown in order and without a hole. */
  #message(entry) {
    const place = this.#place;
    if (entry.room.startsWith("@")) {
      this.#noteTalk(entry);
      this.#show(entry);
    } else if (entry.room === place.room && place.epoch !== null) {
      place.waiting.push(entry);
      if (place.filling) return;
      if (entry.seq <= place.seq + 1) this.#showWaiting(place);
      else this.#fill(place).catch((problem) => this.#hindered(problem));
    }
  }

  /** Read what follows on the last entry shown; what comes meanwhile waits. */
  async #fill(place) {
    place.filling = true;
    try {
      for await (const entry of this.#after(place.room, place.seq)) this.#next(entry, place);
      this.#showWaiting(place);
    } finally {
      place.filling = false;
      place.waiting = [];
    }
  }

  async *#after(room, seq) {
    for (let more = true; more; ) {
      const page = await this.#link.ask({ type: "history", room, after: seq, limit: ENTRIES });
      yield* page.entries;
      more = page.more && page.entries.length > 0;
      if (more) seq = page.entries.at(-1).seq;
    }
  }

  #showWaiting(place) {
    for (const entry of place.waiting.splice(0)) this.#next(entry, place);
  }

  #next(entry, place) {
    if (place !== this.#place || entry.seq <= place.seq) return;
    place.seq = entry.seq;
    this.#show(entry);
  }

  #show(entry) {
    // Whoever it is from: nobody else knew the msgid, but we may be another user by now.
    if (this.#outbox.delete(entry.msgid)) {
      this.#keepOutbox();
      this.#page.settled(entry.msgid);
    }
    this.#stopTyping(entry.user);
    this.#page.message(entry, entry.user === this.#me.user);
  }

  /** Read what was written privately while the connection was away. */
  async #readTalks() {
    const { epoch, conversations } = this.#me;
    if (this.#talks === null) {
      this.#talks = new Map(conversations.map(({ room, seq }) => [room, seq])); // not missed
    } else if (this.#talks.epoch !== epoch) {
      this.#talks = new Map();
    }
    this.#talks.epoch = epoch;
    for (const { room, seq } of conversations) {
      const last = this.#talks.get(room) ?? 0;
      if (seq <= last) continue;
      for await (const entry of this.#after(room, last)) this.#message(entry);
      this.#talks.set(room, Math.max(seq, this.#talks.get(room) ?? 0));
    }
    this.#caughtUp = true;
  }

  /** Before all that was missed is read, which may take several connections, only the very next
      entry of a conversation counts. */
  #noteTalk({ room, seq }) {
    const last = this.#talks?.get(room) ?? 0;
    if (this.#caughtUp || seq === last + 1) this.#talks?.set(room, Math.max(seq, last));
  }

  // -- what one says oneself

  #add(item) {
    this.#outbox.set(item.msgid, item);
    this.#page.pending(item, this.nick);
  }

  #unsent() {
    return [...this.#outbox.values()].find(({ sent }) => !sent);
  }

  #keepOutbox() {
    remember("sessionStorage", "outbox", [...this.#outbox.values()].filter(({ sent }) => !sent));
  }

  /** Send what waits, one after the other, until each is stored or refused for good. */
  async #flush() {
    if (this.#flushing) return;
    this.#flushing = true;
    for (let item; this.#ready && (item = this.#unsent()); ) {
      const { msgid, room, text } = item;
      try {
        await this.#link.ask({ type: "publish", msgid, room, text });
        Object.assign(item, { sent: true, user: this.#me.user });
        this.#keepOutbox();
      } catch (problem) {
        if (problem instanceof Lost) break;
        if (problem.temporary) await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER));
        else this.#failed(item, problem.message);
      }
    }
    this.#flushing = false;
  }

  #failed(item, why) {
    this.#outbox.delete(item.msgid);
    this.#keepOutbox();
    this.#page.settled(item.msgid);
    this.#page.failed(item, why);
  }

  /** What was stored, and will not be shown to us any more because that log is gone. */
  #settleSent() {
    for (const item of [...this.#outbox.values()].filter(({ sent }) => sent)) {
      this.#outbox.delete(item.msgid);
      this.#page.settled(item.msgid);
      this.#page.message({ ...item, from: this.nick }, true);
    }
  }

  // -- what happens

  #happened(push) {
    const { type, user, nick, count } = push;
    if (type === "join" || type === "leave") {
      if (type === "join") this.#members.set(user, nick);
      else this.#members.delete(user);
      this.#stopTyping(user);
      this.#page.people(this.#members, count);
      if (user !== this.#me.user) this.#page.moved(push);
    } else if (type === "topic") {
      this.#page.topic(push.text, push.from);
    } else if (type === "typing" && user !== this.#me.user) {
      this.#stopTyping(user);
      if (!push.active) return;
      const timer = setTimeout(() => this.#stopTyping(user), TYPING_SHOWN);
      this.#typing.set(user, { nick: push.from, timer });
      this.#page.typing([...this.#typing.values()]);
    }
  }

  #renamed({ user, from, nick }) {
    const own = user === this.#me.user;
    if (own) this.#named(nick);
    this.#stopTyping(user);
    if (!this.#members.has(user)) return;
    this.#members.set(user, nick);
    this.#page.people(this.#members, this.#members.size);
    this.#page.renamed(from, nick, own);
  }

  #stopTyping(user) {
    const typing = this.#typing.get(user);
    if (!typing) return;
    clearTimeout(typing.timer);
    this.#typing.delete(user);
    this.#page.typing([...this.#typing.values()]);
  }
}
