// A connection that comes back by itself, and commands with their replies (docs/protocol.md, "JSON
// protocol"). Knows nothing of chat nor of the document. Times are in milliseconds.

import { remember, remembered } from "./memory";
import type { Connection } from "./model";
import type { Command, CommandType, ErrorFields, Push, Replies } from "./protocol";
import type { Connect, Socket } from "./sockets";

// What sockjs-client tries, in this order. (It has more, for pages of other origins than the
// server's, and for browsers that this page is too new for.)
const TRANSPORTS = ["websocket", "xhr-streaming", "eventsource", "xhr-polling", "jsonp-polling"];
const TRY_ALL = 60_000; // sockjs-client ends each of its attempts by itself, on slow lines late
const REMEMBER_TRANSPORT = 600_000; // that the ones before it don't get through
const UNKNOWN = { name: "websocket", since: 0 }; // what gets through
const OPEN = 1; // WebSocket's readyState, and SockJS's
const ANSWER_WITHIN = 12_000; // the server answers within 8 s: later the connection is dead
const PING_EVERY = 20_000;
const LOOK_EVERY = 2_000; // at the clock
const JUMP = 10_000; // of the clock: the computer slept, or the page did
const ASLEEP = 90_000; // silence after which the server has given us up
const PROBE_WITHIN = 4_000; // an answer comes, if the connection that is in doubt is alive
const TOO_FAST = 1_000; // until we say again what the server found to come too fast
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
  readonly code: string;
  readonly temporary: boolean;

  constructor({ code, message, temporary = false }: ErrorFields) {
    super(message);
    this.code = code;
    this.temporary = temporary;
  }
}

/** The connection was lost before the answer came. */
export class Lost extends Error {}

/** Who uses a link. */
export interface LinkClient {
  /** The connection is open: it is time to introduce oneself. */
  opened(): void;
  /** Something came by itself. */
  push(push: Push): void;
  /** What was sent was too big for the server, which ended the connection. */
  tooBig(): void;
  /** There is no connection: never "connected", which only the client knows. */
  status(connection: Connection): void;
}

interface Asked {
  command: Command;
  within: number;
  resolve(reply: never): void;
  reject(problem: Error): void;
  timer: number | undefined; // until the answer is late, or until it is asked again
}

export class Link {
  readonly #client: LinkClient;
  readonly #connect: Connect;
  #socket: Socket | null = null;
  #timer: number | undefined; // of the attempt that runs, or until the next one
  #attempts = 0; // since `settled`
  readonly #asked = new Map<number, Asked>();
  #lastId = 0;
  #heard = 0; // when the server was heard last, or this attempt began
  #known = remembered("sessionStorage", "transport", UNKNOWN);

  constructor(client: LinkClient, connect: Connect) {
    this.#client = client;
    this.#connect = connect;
    setInterval(() => this.isOpen && this.#ping(), PING_EVERY);
    let looked = Date.now();
    setInterval(() => {
      const gap = Date.now() - looked;
      looked += gap;
      if (gap > JUMP) this.wake(gap);
    }, LOOK_EVERY);
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === OPEN;
  }

  /** How it is connected: one of sockjs-client's names. */
  get transport(): string {
    return this.#socket?.transport ?? UNKNOWN.name;
  }

  /** Connect, also when it was stopped. */
  open(): void {
    this.#drop();
    this.#heard = Date.now();
    this.#client.status({ state: "connecting" });
    this.#timer = later(() => this.again(), TRY_ALL);
    if (Date.now() - this.#known.since > REMEMBER_TRANSPORT) this.#known = UNKNOWN;
    const socket = this.#connect(TRANSPORTS.slice(TRANSPORTS.indexOf(this.#known.name)));
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
      taken = taken.then(() => {
        if (socket === this.#socket) this.#receive(JSON.parse(data));
      });
      taken = taken.catch((problem: unknown) => console.error(problem));
    };
    socket.onclose = ({ code, reason = "" }) => this.#closed(code, reason);
  }

  #closed(code: number, reason: string): void {
    if (code === ALL_FAILED) this.#known = UNKNOWN;
    if (code === TOO_BIG || reason.endsWith(TOO_BIG_HTTP)) this.#client.tooBig();
    if (code >= STAY_AWAY && code < 4000 && code !== NO_CONNECT) this.stop(reason);
    else this.again(code < 3000 ? "" : reason); // the others are no words of our server
  }

  /** What got through is tried first from now on: waiting for the others would take its time
   * whenever the connection is lost. But networks change, and accidents happen. */
  #remember(): void {
    const name = this.transport;
    if (name === this.#known.name) return;
    this.#known = { name, since: Date.now() };
    remember("sessionStorage", "transport", this.#known);
  }

  /** All is well: the next attempt to come back will be a quick one. */
  settled(): void {
    this.#attempts = 0;
  }

  /** Come back a little later: longer each time, and not all pages at the same moment. */
  again(reason = ""): void {
    this.#drop();
    const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#attempts++);
    const delay = longest * (0.5 + Math.random() / 2);
    this.#timer = later(() => this.open(), delay);
    this.#client.status({ state: "waiting", until: Date.now() + delay, reason });
  }

  /** There is no network: trying is of no use until `wake`. */
  offline(): void {
    if (!this.#socket && this.#timer === undefined) return; // stopped
    this.#drop();
    this.#timer = later(() => this.open(), TRY_ALL); // browsers may be wrong about that
    this.#client.status({ state: "offline" });
  }

  /**
   * Now is a good moment to come back: there may be a network again, or somebody looks. A
   * connection that was silent for `gap`, or longer than that, is given up; any other has to show
   * that it is alive.
   */
  wake(gap = 0): void {
    this.#attempts = 0;
    if (!this.#socket && this.#timer === undefined) return; // stopped
    const silent = Math.max(gap, Date.now() - this.#heard);
    if (!this.#socket || silent > ASLEEP) this.open();
    else if (this.isOpen) this.#ping(PROBE_WITHIN);
  }

  /** Connect no more, until `open`. */
  stop(reason = ""): void {
    this.#drop();
    this.#client.status({ state: "stopped", reason });
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
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

  /** Send a command whose answer doesn't matter; nothing happens without a connection. */
  tell(command: Command): void {
    this.ask(command).catch(() => {});
  }

  #ping(within = ANSWER_WITHIN): void {
    this.ask({ type: "ping" }, within).catch(() => {});
  }

  /** The reply to a command, which is said again for as long as we are only too fast. Rejects with
   * Refused or Lost. */
  ask<Type extends CommandType>(command: Command<Type>, within = ANSWER_WITHIN): Promise<Replies[Type]> {
    return new Promise((resolve, reject) => {
      if (this.isOpen) this.#send({ command, within, resolve, reject, timer: undefined });
      else reject(new Lost("there is no connection just now"));
    });
  }

  #send(asked: Asked): void {
    const id = ++this.#lastId;
    asked.timer = later(() => this.again(), asked.within);
    this.#asked.set(id, asked);
    this.#socket!.send(JSON.stringify({ ...asked.command, id }));
  }

  #sendAgain(asked: Asked): void {
    const id = ++this.#lastId;
    this.#asked.set(id, asked);
    asked.timer = later(() => {
      this.#asked.delete(id);
      this.#send(asked);
    }, TOO_FAST);
  }

  #receive(message: { id?: number; type: string }): void {
    this.#heard = Date.now();
    const asked = message.id === undefined ? undefined : this.#asked.get(message.id);
    if (asked === undefined) {
      this.#client.push(message as Push);
      return;
    }
    this.#asked.delete(message.id as number);
    clearTimeout(asked.timer);
    if (message.type !== "error") {
      asked.resolve(message as never);
      return;
    }
    const refused = new Refused(message as unknown as ErrorFields);
    if (refused.code === "rate_limited") this.#sendAgain(asked);
    else asked.reject(refused);
  }
}

function later(what: () => void, delay: number): number {
  return setTimeout(what, delay) as unknown as number;
}
