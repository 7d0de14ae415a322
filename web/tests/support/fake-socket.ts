// A connection to a fake server, as a browser would have it: what goes either way takes its time, and
// keeps its order.

import type { Socket } from "../../src/sockets";

export class FakeSocket implements Socket {
  readyState = 0;
  transport = "websocket";
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason?: string }) => void) | null = null;
  readonly sent: { type: string; [field: string]: unknown }[] = []; // by the client
  closed = 0; // the code with which the client closed it
  #until = 0; // what was sent before arrives up to then
  readonly #delay: () => number;
  readonly #received: (socket: FakeSocket, command: Record<string, unknown>) => void;
  readonly #ended: (socket: FakeSocket) => void;

  constructor(
    delay: () => number,
    received: (socket: FakeSocket, command: Record<string, unknown>) => void,
    ended: (socket: FakeSocket) => void,
  ) {
    this.#delay = delay;
    this.#received = received;
    this.#ended = ended;
  }

  open(): void {
    this.#later(() => {
      this.readyState = 1;
      this.onopen?.();
    });
  }

  send(data: string): void {
    const command = JSON.parse(data);
    this.sent.push(command);
    this.#later(() => this.#received(this, command));
  }

  /** The server says something. */
  give(...messages: object[]): void {
    for (const message of messages) {
      const data = JSON.stringify(message);
      this.#later(() => this.onmessage?.({ data }));
    }
  }

  /** The connection ends, and what is under way is lost. */
  lose(code = 1006, reason = ""): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#ended(this);
    setTimeout(() => this.onclose?.({ code, reason }), this.#delay());
  }

  close(code = 1000): void {
    this.closed = code;
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#ended(this);
  }

  #later(what: () => void): void {
    this.#until = Math.max(this.#until, Date.now() + this.#delay());
    setTimeout(() => this.readyState !== 3 && what(), this.#until - Date.now());
  }
}
