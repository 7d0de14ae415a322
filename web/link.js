// A connection that comes back by itself, and commands with their replies (docs/protocol.md, "JSON
// protocol"). Knows nothing of chat. Times are in milliseconds.
//
// It is a WebSocket where one gets through. Where none does, sockjs-client tries what does, if
// `make web` brought it; it is a script of before modules, and is found as `window.SockJS`.

import { remember, remembered } from "./memory.js";
import "./sockjs.js";

// What sockjs-client tries, in this order. (It has more, for pages of other origins than the
// server's, and for browsers that this page is too new for.)
const TRANSPORTS = ["websocket", "xhr-streaming", "eventsource", "xhr-polling", "jsonp-polling"];
const TRY_TRANSPORT = 2_500; // at least: a busy server isn't taken for a proxy that blocks
const TRY_ALL = 60_000; // sockjs-client ends each of its attempts by itself, on slow lines late
const REMEMBER_TRANSPORT = 600_000; // that the ones before it don't get through
const UNKNOWN = { name: TRANSPORTS[0], since: 0 }; // what gets through
const OPEN = 1; // WebSocket's readyState, and SockJS's
const ANSWER_WITHIN = 12_000; // the server answers within 8 s: later the connection is dead
const PING_EVERY = 20_000;
const LOOK_EVERY = 2_000; // at the clock
const JUMP = 10_000; // of the clock: the computer slept, or the page did
const ASLEEP = 90_000; // silence after which the server has given us up
const PROBE_WITHIN = 4_000; // an answer comes, if the connection that is in doubt is alive
const FIRST_DELAY = 500; // until the first attempt to come back; doubled for each further one
const LONGEST_DELAY = 15_000;
const COMING_BACK = 4000; // the close code that is no good-bye: nobody is told that we left
const TOO_BIG = 1009; // RFC 6455, section 7.4.1
const TOO_BIG_HTTP = "http status 413"; // how sockjs-client says that a request was
const ALL_FAILED = 2000; // sockjs-client's: it tried each transport
const STAY_AWAY = 3500; // close codes from here on say so, but for
const NO_CONNECT = 3501; // the computer went to sleep before it could introduce itself

/** The server answered with an error. */
export class Refused extends Error {
  constructor({ code, message, temporary }) {
    super(message);
    Object.assign(this, { code, temporary });
  }
}

/** The connection was lost before the answer came. */
export class Lost extends Error {}

/**
 * `client` is told: `opened()` to introduce itself, `push(message)` for all that is no reply,
 * `tooBig()` when a command was too big for the server, and `status(state, reason)`, where state
 * is "connecting", "waiting" (until the next attempt) or "stopped" (only `open` goes on).
 */
export class Link {
  #client;
  #socket = null;
  #timer = 0; // of the attempt that runs, or until the next one
  #attempts = 0; // since `settled`
  #asked = new Map(); // id: {resolve, reject, timer}
  #lastId = 0;
  #heard = 0; // when the server was heard last, or this attempt began
  #known = remembered("sessionStorage", "transport", UNKNOWN);

  constructor(client) {
    this.#client = client;
    setInterval(() => this.isOpen && this.#ping(), PING_EVERY);
    let looked = Date.now();
    setInterval(() => {
      const gap = Date.now() - looked;
      looked += gap;
      if (gap > JUMP) this.wake(gap);
    }, LOOK_EVERY);
  }

  get isOpen() {
    return this.#socket?.readyState === OPEN;
  }

  /** How it is connected: one of TRANSPORTS. */
  get transport() {
    return this.#socket?.transport ?? TRANSPORTS[0];
  }

  open() {
    this.#drop();
    this.#heard = Date.now();
    this.#client.status("connecting");
    const socket = window.SockJS ? this.#sockJS() : this.#webSocket();
    this.#socket = socket;
    socket.onopen = () => {
      clearTimeout(this.#timer);
      this.#remember();
      this.#client.opened();
    };
    // SockJS gives several messages at once. Whoever awaits the answer in one of them is to go on
    // before the next one is taken, as it would with a WebSocket.
    let taken = Promise.resolve();
    socket.onmessage = ({ data }) => {
      taken = taken.then(() => socket === this.#socket && this.#receive(JSON.parse(data)));
      taken = taken.catch((problem) => console.error(problem));
    };
    socket.onclose = ({ code, reason = "" }) => {
      if (code === ALL_FAILED) this.#known = UNKNOWN;
      if (code === TOO_BIG || reason.endsWith(TOO_BIG_HTTP)) this.#client.tooBig();
      if (code >= STAY_AWAY && code < 4000 && code !== NO_CONNECT) this.stop(reason);
      else this.again(code < 3000 ? "" : reason); // the others are no words of our server
    };
  }

  #webSocket() {
    this.#timer = setTimeout(() => this.again(), ANSWER_WITHIN);
    return new WebSocket(new URL("ws", document.baseURI.replace(/^http/, "ws")));
  }

  #sockJS() {
    this.#timer = setTimeout(() => this.again(), TRY_ALL);
    if (Date.now() - this.#known.since > REMEMBER_TRANSPORT) this.#known = UNKNOWN;
    const transports = TRANSPORTS.slice(TRANSPORTS.indexOf(this.#known.name));
    const url = new URL("chat", document.baseURI).href;
    return new window.SockJS(url, null, { transports, timeout: TRY_TRANSPORT });
  }

  /** What got through is tried first from now on: waiting for the others would take its time
   * whenever the connection is lost. But networks change, and accidents happen. */
  #remember() {
    const name = this.transport;
    if (name === this.#known.name) return;
    this.#known = { name, since: Date.now() };
    remember("sessionStorage", "transport", this.#known);
  }

  /** All is well: the next attempt to come back will be a quick one. */
  settled() {
    this.#attempts = 0;
  }

  /** Come back a little later: longer each time, and not all pages at the same moment. */
  again(reason = "") {
    this.#drop();
    const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#attempts++);
    this.#timer = setTimeout(() => this.open(), longest * (0.5 + Math.random() / 2));
    this.#client.status("waiting", reason);
  }

  /**
   * Now is a good moment to come back: there may be a network again, or somebody looks. A
   * connection that was silent for `gap`, or longer than that, is given up; any other has to show
   * that it is alive.
   */
  wake(gap = 0) {
    this.#attempts = 0;
    if (!this.#socket && !this.#timer) return; // stopped
    const silent = Math.max(gap, Date.now() - this.#heard);
    if (!this.#socket || silent > ASLEEP) this.open();
    else if (this.isOpen) this.#ping(PROBE_WITHIN);
  }

  stop(reason = "") {
    this.#drop();
    this.#client.status("stopped", reason);
  }

  #drop() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close(COMING_BACK);
    }
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const { reject, timer } of asked) {
      clearTimeout(timer);
      reject(new Lost("the connection was lost"));
    }
  }

  /** Send a command that needs no answer; nothing happens without a connection. */
  tell(command) {
    if (this.isOpen) this.#socket.send(JSON.stringify(command));
  }

  #ping(within = ANSWER_WITHIN) {
    this.ask({ type: "ping" }, within).catch(() => {});
  }

  /** The reply to a command. Rejects with Refused or Lost. */
  ask(command, within = ANSWER_WITHIN) {
    return new Promise((resolve, reject) => {
      if (!this.isOpen) {
        reject(new Lost("there is no connection just now"));
        return;
      }
      const id = ++this.#lastId;
      const timer = setTimeout(() => this.again(), within);
      this.#asked.set(id, { resolve, reject, timer });
      this.tell({ ...command, id });
    });
  }

  #receive(message) {
    this.#heard = Date.now();
    const asked = this.#asked.get(message.id);
    if (!asked) {
      this.#client.push(message);
      return;
    }
    this.#asked.delete(message.id);
    clearTimeout(asked.timer);
    if (message.type === "error") asked.reject(new Refused(message));
    else asked.resolve(message);
  }
}
