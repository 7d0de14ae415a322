// The rows of the page: messages, notices, days, and where what one missed begins.

import { $, clock, element } from "./elements.js";
import { Row } from "./row.js";

const ROWS = 500; // kept in the document
const MOST = 5_000; // while one reads further up, or has not come to what was missed
const NEAR = 48; // pixels from the end that count as reading the newest

const key = (user, msgid) => `${user} ${msgid}`;

export class Log {
  #rows = new Map(); // key: the row of a message
  #missed = new Map(); // room: {row, count, seen}, the line before what was missed there
  #day = "";
  #entrance = null; // the button of the newest message
  #settling = false;
  #settled;

  /** `settled()` is called when rows were added or changed, and when one has scrolled. */
  constructor(settled) {
    this.#settled = settled;
    $("talk").addEventListener("scroll", () => this.look());
  }

  /** A message, once. */
  message(entry, mine, missed) {
    const id = key(entry.user, entry.msgid);
    if (this.#rows.has(id)) return;
    if (!entry.text && !entry.deleted) return; // of a later release: nothing we know to show
    const row = new Row(entry, mine);
    row.element.dataset.key = id;
    this.#newDay(new Date(entry.time));
    if (missed) this.#miss(entry);
    this.#rows.set(id, row);
    this.#append(row.element);
    this.#enterable();
  }

  /** Something was done to a message. */
  change(entry, mine) {
    const { edit, delete: erased, react, of = entry.user } = entry;
    const row = this.#rows.get(key(of, edit ?? erased ?? react));
    if (!row) return;
    this.#settle();
    row.change(entry, mine);
    this.#enterable();
  }

  /** Who tabs through the page comes to the actions of the newest message only. */
  #enterable() {
    const newest = $("log").lastElementChild.querySelector(".more") ?? this.#lastMore();
    if (newest === this.#entrance) return;
    if (this.#entrance) this.#entrance.tabIndex = -1;
    this.#entrance = newest;
    if (newest) newest.tabIndex = 0;
  }

  #lastMore() {
    return this.#entrance?.isConnected ? this.#entrance : [...$("log").querySelectorAll(".more")].at(-1);
  }

  /** The row that an element stands in. */
  rowOf(part) {
    return this.#rows.get(part.closest("#log > .message")?.dataset.key);
  }

  notice(kind, ...content) {
    const now = new Date();
    this.#newDay(now);
    this.#append(element("li", `notice ${kind}`, clock(now), element("p", "", ...content)));
  }

  /** Where something is missing; said once. */
  gap(why) {
    const last = $("log").lastElementChild;
    if (last?.matches(".gap") && last.lastElementChild.textContent === why) return;
    this.notice("gap", why);
  }

  clear() {
    $("log").replaceChildren();
    this.#rows.clear();
    this.#missed.clear();
    this.#day = "";
  }

  /** Whether the newest is in view. */
  get atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = $("talk");
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  newest() {
    $("talk").scrollTop = $("talk").scrollHeight;
    this.look();
  }

  /** What was missed is seen: the next time it begins further down. */
  seen() {
    for (const line of this.#missed.values()) line.seen = true;
  }

  #newDay(date) {
    if (date.toDateString() === this.#day) return;
    this.#day = date.toDateString();
    const words = date.toLocaleDateString([], { dateStyle: "full" });
    this.#append(element("li", "notice day", element("p", "", words)));
  }

  #miss({ room, from }) {
    let line = this.#missed.get(room);
    if (!line || line.seen) {
      line?.row.remove();
      line = { row: element("li", "notice missed", element("p", "")), count: 0, seen: false };
      this.#missed.set(room, line);
      this.#append(line.row);
    }
    line.count++;
    const what = `You missed ${line.count} ${line.count === 1 ? "message" : "messages"}`;
    const whose = room.startsWith("@") ? [" from ", element("bdi", "", from)] : [];
    line.row.firstElementChild.replaceChildren(what, ...whose);
  }

  #append(row) {
    this.#settle();
    $("log").append(row);
  }

  /** Rows come: follow them if one reads the newest, as soon as all are there that come now. */
  #settle() {
    if (this.#settling) return;
    this.#settling = true;
    const { atEnd } = this;
    queueMicrotask(() => {
      this.#settling = false;
      this.#trim(atEnd);
      if (atEnd) this.follow();
      this.look();
    });
  }

  /** Go to the end, but not past what was missed and is not seen. */
  follow() {
    const talk = $("talk");
    talk.scrollTop = Math.min(talk.scrollHeight, this.#unseen?.offsetTop ?? Infinity);
  }

  get #unseen() {
    return [...this.#missed.values()].find(({ seen }) => !seen)?.row;
  }

  #trim(atEnd) {
    const log = $("log");
    const unseen = this.#unseen;
    const most = atEnd && !unseen ? ROWS : MOST;
    while (log.childElementCount > most) {
      const first = log.firstElementChild;
      const next = first === unseen ? first.nextElementSibling : first;
      this.#rows.delete(next.dataset.key);
      next.remove();
    }
  }

  /** What is in view may have been seen. */
  look() {
    $("newer").hidden = this.atEnd;
    this.#settled();
  }
}
