// Who one is: the nick and the session, which all tabs share, and what becomes of them when the server
// doesn't take them.

import { signal } from "@preact/signals";
import type { Refused } from "../link";
import { remember, remembered } from "../memory";
import type { Connected } from "../protocol";
import type { Reader } from "./timeline";

const NICK_PATIENCE = 15_000; // ms: the nick of a lost user is held for a while, usually for 10 s

interface Known {
  nick: string;
  session: string;
}

/** What to do when the server refused to let one in: try again, be who one was before, or ask. */
export type Refusal = "again" | "before" | "ask";

export class Identity {
  /** Who one is; `user` is "" until the server has told. */
  readonly self = signal<Reader>({ user: "", nick: "" });
  #session: string;
  #user = ""; // who one was when one was connected last
  #before: Known | null = null; // who one was, while one tries to be somebody else
  #byHand = false; // the nick was just typed: say at once when it is taken
  #takenSince = 0; // the nick, while we try to have it back

  constructor() {
    const { nick = "", session = "" } = remembered<Partial<Known>>("localStorage", "rabbitchat", {});
    this.#session = session;
    this.self.value = { user: "", nick };
  }

  get nick(): string {
    return this.self.value.nick;
  }

  /** The secret with which one is the same user elsewhere. */
  get session(): string {
    return this.#session;
  }

  /** What `connect` needs. Another tab may have become a new user meanwhile, or taken another nick. */
  get introduction(): { nick: string | undefined; session: string; byHand: boolean } {
    const own = { nick: this.nick, session: this.#session };
    const known = this.#before ? own : remembered<Known>("localStorage", "rabbitchat", own);
    const nick = (this.#byHand ? own : known).nick || undefined;
    return { nick, session: known.session, byHand: this.#byHand };
  }

  /** A nick was typed; null: one comes as who one was last time. */
  named(nick: string | null): void {
    this.#byHand = nick !== null;
    if (nick !== null) this.self.value = { ...this.self.value, nick };
  }

  /** The server knows one by another nick now. */
  renamed(nick: string): void {
    this.self.value = { ...this.self.value, nick };
    this.#remember();
  }

  /** The server let one in; whether as somebody else than before. */
  welcomed({ user, nick, session }: Connected): boolean {
    const isOther = this.#user !== "" && this.#user !== user;
    this.#user = user;
    this.#session = session;
    this.#byHand = false;
    this.#takenSince = 0;
    this.#before = null;
    this.self.value = { user, nick };
    this.#remember();
    return isOther;
  }

  /** Be the user who has this session at the next connection, under the nick that that one has. It is
   * remembered once there is one: who was mistaken is who one was, also after a reload. */
  become(session: string): void {
    this.#before ??= { nick: this.nick, session: this.#session };
    this.#byHand = false;
    this.#be({ nick: "", session });
  }

  #be({ nick, session }: Known): void {
    this.#session = session;
    this.self.value = { user: "", nick };
  }

  #remember(): void {
    remember("localStorage", "rabbitchat", { nick: this.nick, session: this.#session });
  }

  /** The server didn't let one in. */
  refused(problem: Refused): Refusal {
    if (problem.temporary && this.#isPatient(problem)) return "again";
    this.#takenSince = 0;
    if (!this.#before || problem.code !== "no_such_user") return "ask";
    this.#be(this.#before);
    this.#before = null;
    return "before";
  }

  #isPatient({ code }: Refused): boolean {
    if (code !== "nick_in_use") return true;
    this.#takenSince ||= Date.now();
    return !this.#byHand && Date.now() - this.#takenSince < NICK_PATIENCE;
  }
}
