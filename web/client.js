// One user in one room: speaks the JSON protocol (docs/protocol.md) over as many connections as it
// takes, and tells a page what to show. Knows nothing of the document. Times are in milliseconds.

import { Link, Lost, Refused } from "./link.js";
import { Marks } from "./marks.js";
import { remember, remembered } from "./memory.js";
import { Outbox } from "./outbox.js";
import { isDeed, isMessage, Place } from "./place.js";
import { Reader } from "./reader.js";
import { Talks } from "./talks.js";
import { Typing } from "./typing.js";

const NICK_PATIENCE = 15_000; // the nick of a lost user is held for a while, usually for 10 s
const RETRY_AFTER = 1_000;
const AT_FIRST = 100; // entries that are read when one comes into a room
const BEFORE = 20; // and those before the first one missed
const FAR = 5_000; // entries: who missed more in a room gets the newest

export class Chat {
  #page;
  #link = new Link(this);
  #me = { user: "", nick: "", session: "", limits: { text: 0 } };
  #members = new Map(); // user: nick
  #ready = false; // connected, and in the room
  #byHand = false; // the nick was just typed: say at once when it is taken
  #takenSince = 0; // the nick, while we try to have it back
  #place = null; // the room
  #talks = new Talks();
  #reader;
  #marks = new Marks(this.#link);
  #outbox = new Outbox();
  #flushing = false;
  #typing;

  constructor(page) {
    this.#page = page;
    this.#typing = new Typing((people) => page.typing(people));
    this.#reader = new Reader(
      (command) => this.#link.ask(command),
      (place, entry, missed) => this.#show(place, entry, missed),
      () => page.gap(),
    );
    // Shared by all tabs: each is the same user.
    this.#me = { ...this.#me, ...remembered("localStorage", "rabbitchat", {}) };
    for (const item of this.#outbox.restore()) this.#pending(item);
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

  /** Now is a good moment to come back. `asleep`: the connection that we have is a dead one. */
  wake(asleep = false) {
    this.#link.wake(asleep ? Infinity : 0);
  }

  /** Go into a room, out of the one before. */
  enter(room) {
    if (this.#ready) this.#link.tell({ type: "leave", room: this.room });
    const connected = this.#me.user !== "" && this.#link.isOpen;
    this.#ready = false;
    if (this.#place) this.#place.left = true;
    this.#place = new Place(room);
    if (connected) this.#join().catch((problem) => this.#hindered(problem));
  }

  /** Say something in the room or to `@nick`: once, whatever happens to the connection. */
  say(text, room = this.room) {
    this.typed(false);
    this.#publish({ room, text });
  }

  /** Give a message of one's own another text. */
  edit(entry, text) {
    this.#publish({ room: this.#addressOf(entry), edit: entry.msgid, text });
  }

  /** Erase a message of one's own. */
  erase(entry) {
    this.#publish({ room: this.#addressOf(entry), delete: entry.msgid });
  }

  /** Add a reaction to a message, or take it back. */
  react(entry, text, active) {
    const { msgid, user } = entry;
    this.#publish({ room: this.#addressOf(entry), react: msgid, of: user, text, active });
  }

  /** All that came was seen. */
  seen() {
    const news = this.#places().filter((place) => place.hasRead());
    if (news.length > 0) this.#counts();
    this.#tellRead();
  }

  /** One may be gone in a moment. */
  hurry() {
    this.#tellRead(true);
  }

  rename(nick) {
    return this.#link.ask({ type: "nick", nick });
  }

  setTopic(text) {
    return this.#link.ask({ type: "topic", room: this.room, text });
  }

  /** Something is being typed, which is told again from time to time, or no more. */
  typed(active) {
    if (!this.#ready || !this.#typing.isNews(active)) return;
    this.#link.tell({ type: "typing", room: this.room, active });
  }

  // -- what the link calls

  status(state, reason) {
    this.#ready = false;
    this.#me.user = "";
    this.#typing.clear();
    this.#page.status(state, reason);
  }

  opened() {
    this.#begin().catch((problem) => this.#hindered(problem));
  }

  tooBig() {
    const item = this.#outbox.unsent;
    if (item) this.#failed(item, "it is too long");
  }

  push(push) {
    if (push.type === "message") this.#message(push);
    else if (push.type === "nick") this.#renamed(push);
    else if (push.type === "read") this.#readElsewhere(push);
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
    this.#talks.begin(me.epoch, me.conversations ?? []);
    await this.#join().catch((problem) => this.#unlessRefused(problem));
    for (const talk of this.#talks) {
      if (!talk.behind) continue;
      await this.#reader.fill(talk, true).catch((problem) => this.#unlessRefused(problem));
    }
  }

  /** What is refused for good keeps nobody from the rest. */
  #unlessRefused(problem) {
    if (!(problem instanceof Refused) || problem.temporary) throw problem;
    this.#hindered(problem);
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
    const joined = await this.#link.ask({ type: "join", room, history: AT_FIRST, recover });
    if (place !== this.#place) {
      this.#link.tell({ type: "leave", room: joined.room });
      return;
    }
    place.room = joined.room;
    this.#members = new Map(joined.members.map(({ user, nick }) => [user, nick]));
    this.#page.entered(joined, this.#members);
    const more = this.#catchUp(place, joined, again);
    this.#ready = true;
    this.#link.settled();
    this.#page.connected(this.#link.transport);
    this.#counts();
    this.#tellRead();
    this.#flush();
    if (more) await this.#reader.fill(place, true);
  }

  /** Show what was said meanwhile; whether there is more of it to be read. */
  #catchUp(place, { epoch, seq, read = 0, entries, recovered, more }, again) {
    if (recovered) {
      place.resumed(read);
    } else {
      const same = epoch === place.epoch && seq >= place.seq;
      const known = again && same ? place.seq : Math.min(read, seq);
      if (again) {
        this.#settleSent();
        this.#page.gap(!same);
      }
      place.begin(epoch, Math.min(read, seq));
      if ((again || read > 0) && entries[0]?.seq > known + 1) {
        place.seq = again ? known : Math.max(0, known - BEFORE);
        if (seq - known <= FAR) return true;
        this.#page.notice("gap", "You missed more than is shown here");
      }
    }
    this.#reader.show(place, entries, again || read > 0);
    place.seq = seq;
    return more;
  }

  // -- what is said

  /** A message came. A room's messages are shown in order and without a hole. */
  #message(entry) {
    const place = this.#placeOf(entry);
    if (!place) return;
    this.#reader.take(place, entry).catch((problem) => this.#hindered(problem));
  }

  #placeOf(entry) {
    const { room, user } = entry;
    if (room.startsWith("@")) return this.#talks.of(entry, this.#isMine(entry) ? this.#idOf(room) : user);
    return room === this.room && this.#place.epoch !== null ? this.#place : null;
  }

  #isMine({ user }) {
    return user === this.#me.user;
  }

  /** The id of the user behind `@nick`, or "". */
  #idOf(room) {
    const found = [...this.#members].find(([, nick]) => `@${nick}` === room);
    return found ? found[0] : "";
  }

  /** Where a message stands. A conversation is named by the user: its nick may be another by now. */
  #addressOf(entry) {
    if (!entry.room.startsWith("@")) return entry.room;
    if (!this.#isMine(entry)) return `@+${entry.user}`;
    return this.#talks.named(entry.room)?.address ?? entry.room;
  }

  #show(place, entry, missed) {
    const mine = this.#isMine(entry);
    const counts = missed && !mine && isMessage(entry) && entry.seq > place.read;
    place.shown(entry, mine);
    // Whoever it is from: nobody else knew the msgid, but we may be another user by now.
    if (this.#outbox.remove(entry.msgid)) this.#page.settled(entry.msgid);
    this.#typing.stop(entry.user);
    if (isDeed(entry)) this.#page.changed(entry, mine);
    else this.#page.message(entry, mine, counts);
    this.#counts();
  }

  // -- what was read

  #places() {
    return [this.#place, ...this.#talks].filter((place) => place && place.epoch !== null);
  }

  #readElsewhere({ room, seq }) {
    const place = room === this.room ? this.#place : this.#talks.named(room);
    place?.told(seq);
    this.#counts();
  }

  #tellRead(now = false) {
    this.#marks.tell(() => (this.#ready ? this.#places() : []), now);
  }

  #counts() {
    this.#page.counts(() => [this.#place, ...this.#talks]);
  }

  // -- what one says oneself

  #publish(command) {
    this.#pending(this.#outbox.add(command));
    this.#flush();
  }

  #pending({ command, time }) {
    if (!isDeed(command)) this.#page.pending({ ...command, time }, this.nick);
  }

  /** Send what waits, one after the other, until each is stored or refused for good. */
  async #flush() {
    if (this.#flushing) return;
    this.#flushing = true;
    for (let item; this.#ready && (item = this.#outbox.unsent); ) {
      try {
        await this.#link.ask({ type: "publish", ...item.command });
        this.#outbox.stored(item, this.#me.user);
      } catch (problem) {
        if (problem instanceof Lost) break;
        if (problem.temporary) await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER));
        else this.#failed(item, problem.message);
      }
    }
    this.#flushing = false;
  }

  #failed({ command }, why) {
    this.#outbox.remove(command.msgid);
    this.#page.settled(command.msgid);
    this.#page.failed(command, why);
  }

  /** What was stored, and will not be shown to us any more because that log is gone. */
  #settleSent() {
    for (const { command, time, user } of this.#outbox.sent) {
      this.#outbox.remove(command.msgid);
      this.#page.settled(command.msgid);
      this.#page.message({ ...command, time, user, from: this.nick }, true);
    }
  }

  // -- what happens

  #happened(push) {
    const { type, user, nick, count } = push;
    if (type === "join" || type === "leave") {
      if (type === "join") this.#members.set(user, nick);
      else this.#members.delete(user);
      this.#typing.stop(user);
      this.#page.people(this.#members, count);
      if (user !== this.#me.user) this.#page.moved(push);
    } else if (type === "topic") {
      this.#page.topic(push.text, push.from);
    } else if (type === "typing" && user !== this.#me.user) {
      this.#typing.happened(push);
    }
  }

  #renamed({ user, from, nick }) {
    const own = user === this.#me.user;
    if (own) this.#named(nick);
    this.#talks.renamed(user, nick);
    this.#counts();
    this.#typing.stop(user);
    if (!this.#members.has(user)) return;
    this.#members.set(user, nick);
    this.#page.people(this.#members, this.#members.size);
    this.#page.renamed(from, nick, own);
  }
}
