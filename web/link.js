// A connection that comes back by itself, and commands with their replies (docs/protocol.md, "JSON
// protocol"). Knows nothing of chat. Times are in milliseconds.

const ANSWER_WITHIN = 12_000; // the server answers within 8 s: later the connection is dead
const PING_EVERY = 20_000;
const FIRST_DELAY = 500; // until the first attempt to come back; doubled for each further one
const LONGEST_DELAY = 15_000;
const COMING_BACK = 4000; // the close code that is no good-bye: nobody is told that we left
const TOO_BIG = 1009; // RFC 6455, section 7.4.1
const STAY_AWAY = 3500; // close codes from here on say so

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

  constructor(client) {
    this.#client = client;
    setInterval(() => this.isOpen && this.ask({ type: "ping" }).catch(() => {}), PING_EVERY);
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  open() {
    this.#drop();
    this.#client.status("connecting");
    const socket = new WebSocket(new URL("ws", document.baseURI.replace(/^http/, "ws")));
    this.#socket = socket;
    this.#timer = setTimeout(() => this.again(), ANSWER_WITHIN);
    socket.onopen = () => {
      clearTimeout(this.#timer);
      this.#client.opened();
    };
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = ({ code, reason }) => {
      if (code === TOO_BIG) this.#client.tooBig();
      if (code >= STAY_AWAY && code < 4000) this.stop(reason);
      else this.again(reason);
    };
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

  /** Come back now, if there is nothing but the time to wait for. */
  wake() {
    if (this.#timer && !this.#socket) this.open();
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

  /** The reply to a command. Rejects with Refused or Lost. */
  ask(command) {
    return new Promise((resolve, reject) => {
      if (!this.isOpen) {
        reject(new Lost("there is no connection just now"));
        return;
      }
      const id = ++this.#lastId;
      const timer = setTimeout(() => this.again(), ANSWER_WITHIN);
      this.#asked.set(id, { resolve, reject, timer });
      this.tell({ ...command, id });
    });
  }

  #receive(message) {
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
