// A chat server in memory that speaks the JSON protocol (docs/protocol.md), as far as a client can
// tell, and goes wrong when it is told to.

import type { Draft, Entry } from "../../src/protocol";
import type { Connect } from "../../src/sockets";
import { FakeLog, type Stored } from "./fake-log";
import { FakeSocket } from "./fake-socket";

type Command = Record<string, unknown> & { type: string };

/** Something that goes wrong with a command: the connection is lost before it is carried out, or
 * before it is answered; or the log doesn't answer, before or after it has stored it. */
export type Fault = "lost" | "unanswered" | "unavailable" | "stored, unavailable" | "rate_limited";

interface User {
  user: string;
  nick: string;
  session: string;
  read: Map<string, number>;
}

interface Visitor {
  user: User;
  rooms: Set<string>;
}

class Wrong extends Error {
  readonly code: string;

  constructor(code: string, message: string = code) {
    super(message);
    this.code = code;
  }
}

export class FakeServer {
  epoch = "epoch-1";
  /** Entries in an answer. */
  most = 1_000;
  /** Milliseconds that something takes, each way. */
  delay: () => number = () => 1;
  /** What goes wrong with a command. */
  fault: (command: Command, socket: FakeSocket) => Fault | undefined = () => undefined;
  isDown = false;
  sockets: FakeSocket[] = [];
  logs = new Map<string, FakeLog>();
  readonly topics = new Map<string, string>();
  readonly refusedRooms = new Set<string>();
  #users = new Map<string, User>(); // by session
  readonly #visitors = new Map<FakeSocket, Visitor>();
  #made = 0;

  readonly connect: Connect = () => {
    const socket: FakeSocket = new FakeSocket(
      () => this.delay(),
      (from, command) => this.#received(from, command as Command),
      (ended) => this.#ended(ended),
    );
    this.sockets.push(socket);
    if (this.isDown) socket.lose();
    else socket.open();
    return socket;
  };

  /** The log of a room, or of the conversation of two people. */
  log(...names: string[]): FakeLog {
    const key = names.length > 1 ? this.#between(...(names as [string, string])) : names[0]!;
    const log = this.logs.get(key) ?? new FakeLog();
    this.logs.set(key, log);
    return log;
  }

  #between(one: string, other: string): string {
    return [one, other]
      .map((nick) => this.userOf(nick)!.user)
      .sort()
      .join("+");
  }

  userOf(nick: string): User | undefined {
    return [...this.#users.values()].find((user) => user.nick === nick);
  }

  /** All connections are lost. With another `epoch` the server knows nothing any more. */
  restart(epoch = this.epoch): void {
    for (const socket of [...this.sockets]) socket.lose(3000, "shutting down");
    if (epoch === this.epoch) return;
    this.epoch = epoch;
    this.logs = new Map();
    this.#users = new Map();
  }

  /** Send something to all connections of a user, or to everybody in a room. */
  push(to: (visitor: Visitor) => boolean, message: (visitor: Visitor) => object): void {
    for (const [socket, visitor] of this.#visitors) if (to(visitor)) socket.give(message(visitor));
  }

  /** Somebody says something, through no connection. */
  say(nick: string, room: string, text: string): Stored {
    const user = this.userOf(nick) ?? this.#user(nick);
    return this.#store(user, { room, text, msgid: `said-${++this.#made}` }, room);
  }

  // -- commands

  #received(socket: FakeSocket, command: Command): void {
    const fault = this.fault(command, socket);
    if (fault === "lost") {
      socket.lose();
      return;
    }
    const reply = this.#reply(socket, command, fault);
    if (fault === "unanswered") socket.lose();
    else socket.give({ ...reply, id: command.id });
  }

  #reply(socket: FakeSocket, command: Command, fault: Fault | undefined): object {
    try {
      if (fault === "unavailable" || fault === "rate_limited") throw new Wrong(fault);
      const reply = this.#do(socket, command);
      if (fault === "stored, unavailable") throw new Wrong("unavailable");
      return reply;
    } catch (problem) {
      if (!(problem instanceof Wrong)) throw problem;
      const { code, message } = problem;
      const temporary = ["unavailable", "rate_limited", "nick_in_use"].includes(code);
      return { type: "error", code, message, temporary };
    }
  }

  #do(socket: FakeSocket, command: Command): object {
    const { type } = command;
    if (type === "ping") return { type: "pong" };
    if (type === "connect") return this.#connected(socket, command);
    const visitor = this.#visitors.get(socket);
    if (!visitor) throw new Wrong("not_connected");
    if (type === "join") return this.#joined(socket, visitor, command);
    if (type === "leave") return this.#left(visitor, command);
    if (type === "publish") return this.#published(visitor, command);
    if (type === "history") return this.#history(visitor, command);
    if (type === "read") return this.#read(socket, visitor, command);
    if (type === "nick") return this.#renamed(visitor, command);
    if (type === "typing") return this.#typing(socket, visitor, command);
    throw new Wrong("bad_command");
  }

  #connected(socket: FakeSocket, { nick: wanted, session }: Command): object {
    const known = this.#users.get(String(session ?? ""));
    const present = new Set([...this.#visitors.values()].map(({ user }) => user));
    if (wanted === undefined && !known) throw new Wrong("no_such_user");
    if (wanted === undefined && known?.nick === "") throw new Wrong("bad_nick"); // somebody took it
    const nick = wanted ?? known?.nick;
    const holder = this.userOf(String(nick));
    const isPresent = holder !== undefined && present.has(holder);
    if (holder && holder !== known && isPresent) throw new Wrong("nick_in_use");
    if (holder && holder !== known) holder.nick = "";
    const user = known ?? this.#user(String(nick));
    user.nick = String(nick);
    this.#visitors.set(socket, { user, rooms: new Set() });
    return {
      ...{ type: "connected", nick: user.nick, user: user.user, session: user.session, node: "fake" },
      ...{ epoch: this.epoch, ping: 25, conversations: this.#conversations(user) },
      limits: { text: 4000, rooms: 100, rate: 2, burst: 5, edit_within: 900 },
    };
  }

  #user(nick: string): User {
    const id = (++this.#made).toString(16).padStart(16, "0");
    const user = { user: id, nick, session: `${id}.secret`, read: new Map<string, number>() };
    this.#users.set(user.session, user);
    return user;
  }

  #conversations(user: User): object[] {
    const own = [...this.logs].filter(([key, { last }]) => key.split("+").includes(user.user) && last > 0);
    return own.map(([key, { last }]) => ({
      ...{ room: this.#seen(key, user), seq: last, user: other(key, user), read: user.read.get(key) ?? 0 },
    }));
  }

  #joined(socket: FakeSocket, { user, rooms }: Visitor, { room, history = 50, recover }: Command): object {
    const name = String(room).toLowerCase().replaceAll("ß", "ss");
    if (this.refusedRooms.has(name)) throw new Wrong("not_allowed", "you may not");
    const { log } = this.#named(name, user);
    const isNew = !this.#isIn(user, name);
    rooms.add(name);
    const { epoch, seq = 0 } = (recover ?? {}) as { epoch?: string; seq?: number };
    const recovered = epoch === this.epoch && log.recovers(seq);
    const limit = Math.min(this.most, recovered ? this.most : Number(history));
    const { entries, more } = log.page(recovered ? { after: seq, limit } : { limit });
    const members = this.#members(name);
    if (isNew) this.#moved("join", user, name, socket);
    const covered = recovered && more ? entries.at(-1)!.seq : log.last;
    return {
      ...{ type: "joined", room: name, topic: this.topics.get(name) ?? "", members, count: members.length },
      ...{ epoch: this.epoch, seq: covered, read: user.read.get(name) ?? 0 },
      ...{ entries: entries.map((entry) => this.#given(entry, name)), more: recovered && more, recovered },
    };
  }

  #members(room: string): { nick: string; user: string }[] {
    const users = [...this.#visitors.values()].filter(({ rooms }) => rooms.has(room)).map(({ user }) => user);
    return [...new Set(users)].map(({ nick, user }) => ({ nick, user }));
  }

  #isIn(user: User, room: string): boolean {
    return [...this.#visitors.values()].some((visitor) => visitor.user === user && visitor.rooms.has(room));
  }

  #moved(type: "join" | "leave", { nick, user }: User, room: string, but?: FakeSocket): void {
    const count = this.#members(room).length;
    for (const [socket, { rooms }] of this.#visitors)
      if (socket !== but && rooms.has(room)) socket.give({ type, room, nick, user, count });
  }

  #left({ user, rooms }: Visitor, { room }: Command): object {
    if (!rooms.delete(String(room))) throw new Wrong("not_in_room");
    if (!this.#isIn(user, String(room))) this.#moved("leave", user, String(room));
    return { type: "left", room };
  }

  #ended(socket: FakeSocket): void {
    this.sockets = this.sockets.filter((each) => each !== socket);
    const visitor = this.#visitors.get(socket);
    this.#visitors.delete(socket);
    for (const room of visitor?.rooms ?? [])
      if (!this.#isIn(visitor!.user, room)) this.#moved("leave", visitor!.user, room);
  }

  #published(visitor: Visitor, command: Command): object {
    const { user } = visitor;
    const { type: _, id: __, ...draft } = command as Command & Draft & { msgid: string };
    for (const [key, log] of this.logs) {
      const before = log.find(user.user, draft.msgid);
      if (before) return { ...this.#place(before), room: this.#seen(key, user) };
    }
    const isDeed = draft.edit ?? draft.delete ?? draft.react;
    const { log } = this.#named(draft.room, user, isDeed === undefined);
    if (!draft.room.startsWith("@") && !visitor.rooms.has(draft.room)) throw new Wrong("not_in_room");
    if (log.targetOf(draft, user.user) === undefined) throw new Wrong("no_such_message");
    return { ...this.#place(this.#store(user, draft, draft.room)), room: draft.room };
  }

  #place({ msgid, seq, time }: Stored): object {
    return { type: "published", msgid, seq, time };
  }

  #store(user: User, draft: Draft & { msgid: string }, room: string): Stored {
    const { key, log } = this.#named(room, user, false);
    const entry = log.append(draft, user);
    const isOf = (visitor: Visitor) =>
      visitor.rooms.has(key) || (key.includes("+") && key.split("+").includes(visitor.user.user));
    this.push(isOf, (visitor) => this.#given(entry, this.#seen(key, visitor.user)));
    return entry;
  }

  #history({ user, rooms }: Visitor, { room, before, after, limit = 50 }: Command): object {
    const { key, log } = this.#named(String(room), user, false);
    if (!key.includes("+") && !rooms.has(key)) throw new Wrong("not_in_room");
    const bounds = { before: before as number, after: after as number };
    const { entries, more } = log.page({ ...bounds, limit: Math.min(this.most, Number(limit)) });
    const given = entries.map((entry) => this.#given(entry, this.#seen(key, user)));
    return { type: "history", room, epoch: this.epoch, entries: given, more };
  }

  #read(socket: FakeSocket, { user }: Visitor, { room, seq }: Command): object {
    const { key, log } = this.#named(String(room), user, false);
    const read = Math.min(log.last, Math.max(Number(seq), user.read.get(key) ?? 0));
    user.read.set(key, read);
    for (const [each, visitor] of this.#visitors)
      if (each !== socket && visitor.user === user)
        each.give({ type: "read", room: this.#seen(key, user), seq: read });
    return { type: "ok" };
  }

  #renamed({ user }: Visitor, { nick }: Command): object {
    if (this.userOf(String(nick))) throw new Wrong("nick_in_use");
    const from = user.nick;
    user.nick = String(nick);
    this.push(
      () => true,
      () => ({ type: "nick", user: user.user, from, nick }),
    );
    return { type: "renamed", nick };
  }

  #typing(socket: FakeSocket, { user }: Visitor, { room, active = true }: Command): object {
    this.#named(String(room), user);
    for (const [each, { rooms }] of this.#visitors)
      if (each !== socket && rooms.has(String(room)))
        each.give({ type: "typing", room, from: user.nick, user: user.user, active });
    return { type: "ok" };
  }

  // -- names

  /** The log that a room, `@nick` or `@+id` names for a user. */
  #named(room: string, me: User, mustBePresent = true): { key: string; log: FakeLog } {
    if (!room.startsWith("@")) return { key: room, log: this.log(room) };
    const all = [...this.#users.values()];
    const found = all.find(({ user, nick }) => room === `@+${user}` || room.toLowerCase() === `@${nick}`);
    const isPresent = [...this.#visitors.values()].some(({ user }) => user === found);
    if (!found || (mustBePresent && !isPresent)) throw new Wrong("no_such_user");
    const key = [me.user, found.user].sort().join("+");
    return { key, log: this.log(key) };
  }

  /** As a user sees the name of a log. */
  #seen(key: string, me: User): string {
    if (!key.includes("+")) return key;
    const id = other(key, me);
    const nick = [...this.#users.values()].find(({ user }) => user === id)?.nick;
    return nick ? `@${nick}` : `@+${id}`;
  }

  #given(entry: Stored, room: string): Entry {
    return { type: "message", room, epoch: this.epoch, ...structuredClone(entry) };
  }
}

/** The other side of a conversation. */
function other(key: string, { user }: User): string {
  return key.split("+").find((id) => id !== user) ?? user;
}
