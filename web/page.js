// The page: shows what `Chat` tells. What others wrote only ever becomes text nodes.

import { $, clock, element, linked, name } from "./elements.js";
import { Log } from "./log.js";
import { said } from "./row.js";

const NAMES = 200; // of those who are here
const PLACES = 20; // the room, and one's latest conversations
const MOST = 99; // a higher count is only said to be higher

const BLOCKED = "Something on the way to the server blocks WebSockets. Instead, messages";
const WAYS = {
  websocket: "Messages come and go over a WebSocket",
  "xhr-streaming": `${BLOCKED} come in one long answer to a request`,
  eventsource: `${BLOCKED} come in one long answer to a request, as server-sent events`,
  "xhr-polling": `${BLOCKED} come in the answers to many requests`,
  "jsonp-polling": `${BLOCKED} come in the answers to many requests, as scripts`,
};

export class Page {
  #log;
  #pending = new Map(); // msgid: the row
  #room = "";
  #counts = null; // to be shown

  /** `seen()` is called when somebody looks at the newest. */
  constructor(seen) {
    this.#log = new Log(() => {
      if (document.hidden || !this.#log.atEnd) return;
      this.#log.seen();
      seen();
    });
  }

  // -- what the chat tells

  status(state, reason = "") {
    const words = {
      connecting: "connecting…",
      connected: "connected",
      waiting: "reconnecting…",
      stopped: "disconnected",
    };
    $("status").dataset.state = state;
    $("status").textContent = words[state];
    $("status").title = reason;
    $("transport").hidden = state !== "connected";
    $("again").hidden = state !== "stopped";
    if (state === "stopped" && reason) this.error(reason);
  }

  /** Connected, and in the room; `transport` is what gets through to the server. */
  connected(transport) {
    this.status("connected");
    $("transport").textContent = transport;
    $("transport").title = WAYS[transport];
  }

  named(nick) {
    $("me").hidden = false;
    $("me").firstElementChild.textContent = nick;
  }

  askName(problem = "", cancel = false) {
    $("naming-problem").textContent = problem;
    $("cancel").hidden = !cancel;
    $("enter").textContent = cancel ? "Take it" : "Come in";
    if (!$("naming").open) $("naming").showModal();
    $("name").select();
  }

  entered({ room, topic, count }, members) {
    if (room !== this.#room) this.#log.clear();
    this.#room = room;
    $("room").textContent = `#${room}`;
    $("topic").textContent = topic;
    this.people(members, count);
  }

  /** Something was said that nobody can give us any more. */
  gap(anew = false) {
    const why = anew ? "The server's history began anew" : "You missed messages that are no longer kept";
    this.#log.gap(why);
  }

  /** How much isn't read: `places` gives the room, which comes first, and conversations. */
  counts(places) {
    if (this.#counts === null) queueMicrotask(() => this.#showCounts());
    this.#counts = places;
  }

  #showCounts() {
    const places = this.#counts();
    this.#counts = null;
    const count = (unread) => (unread > MOST ? `${MOST}+` : String(unread));
    const rows = places.slice(0, PLACES).map(({ room, unread }) => {
      const row = element("li", unread ? "unread" : "", name(room.startsWith("@") ? room : `#${room}`));
      if (unread) row.append(" ", element("small", "", element("b", "", count(unread)), element("span", "", " unread")));
      return row;
    });
    $("places").replaceChildren(...rows);
    const unread = places.reduce((sum, place) => sum + place.unread, 0);
    const room = this.#room || places[0].room;
    document.title = `${unread ? `(${count(unread)}) ` : ""}#${room} - rabbitchat`;
  }

  people(members, count) {
    const names = [...members].sort(([, one], [, other]) => one.localeCompare(other));
    $("count").textContent = `${count} here`;
    const rows = names.slice(0, NAMES).map(([user, nick]) => element("li", "", name(nick, user)));
    if (names.length > NAMES) rows.push(element("li", "", `and ${names.length - NAMES} more`));
    $("people").replaceChildren(...rows);
  }

  moved({ type, nick, user, reason }) {
    const why = ["", "left", "closed", "quit"].includes(reason) ? "" : ` (${reason})`;
    this.notice("", name(nick, user), type === "join" ? " joined" : ` left${why}`);
  }

  renamed(from, nick, own) {
    this.notice("", ...(own ? ["you are"] : [name(from), " is"]), " now called ", name(nick));
  }

  topic(text, from) {
    $("topic").textContent = text;
    this.notice("", name(from), ...(text ? [" set the topic: ", linked(text)] : [" removed the topic"]));
  }

  typing(people) {
    const names = people.slice(0, 3).flatMap(({ nick }) => [", ", name(nick)]).slice(1);
    if (people.length > 3) names.push(" and others");
    if (people.length > 0) names.push(people.length > 1 ? " are typing…" : " is typing…");
    $("typing").replaceChildren(...names);
  }

  /** `missed`: it was said while one was away. */
  message(entry, mine, missed = false) {
    this.#log.message(entry, mine, missed);
  }

  changed(entry, mine) {
    this.#log.change(entry, mine);
  }

  /** What one said and the server has not confirmed. */
  pending({ msgid, room, text, time }, from) {
    const entry = { room, from, user: "", text };
    const row = element("li", "message mine pending", clock(time), said(entry, true));
    this.#pending.set(msgid, row);
    $("pending").append(row);
    this.newest();
  }

  settled(msgid) {
    this.#pending.get(msgid)?.remove();
    this.#pending.delete(msgid);
  }

  failed({ text, edit, delete: erased, react }, why) {
    const not = edit ? "edited" : erased ? "deleted" : react ? "added" : "sent";
    this.notice("error", `Not ${not}, ${why}${text ? ": " : ""}`, linked(text ?? ""));
  }

  error(message) {
    this.notice("error", message);
  }

  notice(kind, ...content) {
    this.#log.notice(kind, ...content);
  }

  rowOf(part) {
    return this.#log.rowOf(part);
  }

  newest() {
    this.#log.newest();
  }

  /** The place has another size. */
  resized() {
    this.#log.follow();
  }

  /** Somebody looks again. */
  looked() {
    this.#log.look();
  }
}
