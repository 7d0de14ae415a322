// The JSON protocol as TypeScript types (docs/protocol.md, "JSON protocol"): what the server says.
// Times are RFC 3339 strings in UTC. Fields that are not named here are ignored.

export interface Member {
  nick: string;
  user: string;
}

/** A message, or what was done to one: then it has one of `edit`, `delete` and `react`. */
export interface Entry {
  type: "message";
  room: string;
  epoch: string;
  seq: number;
  msgid: string;
  from: string;
  user: string;
  text: string;
  time: string;
  via?: string;
  edited?: string;
  deleted?: boolean;
  edit?: string;
  delete?: string;
  react?: string;
  of?: string;
  ref?: number;
  active?: boolean;
}

export interface Limits {
  text: number;
  rooms: number;
  rate: number;
  burst: number;
  edit_within: number;
}

export interface ConversationInfo {
  room: string;
  seq: number;
  user?: string;
  read?: number;
}

export interface Connected {
  nick: string;
  user: string;
  session: string;
  node: string;
  epoch: string;
  limits: Limits;
  conversations?: ConversationInfo[];
}

export interface Joined {
  room: string;
  topic?: string;
  members: Member[];
  count: number;
  epoch: string;
  seq: number;
  read?: number;
  entries: Entry[];
  more: boolean;
  recovered: boolean;
}

export interface History {
  room: string;
  epoch: string;
  entries: Entry[];
  more: boolean;
}

export interface Published {
  room: string;
  msgid: string;
  seq: number;
  time: string;
}

export interface Found {
  entries: Entry[];
  next?: string;
}

export interface RoomInfo {
  room: string;
  count: number;
  topic: string;
}

/** What to publish, without its msgid. */
export interface Draft {
  room: string;
  text?: string;
  edit?: string;
  delete?: string;
  react?: string;
  of?: string;
  active?: boolean;
}

/** The replies, by the type of their command. */
export interface Replies {
  connect: Connected;
  join: Joined;
  leave: { room: string };
  publish: Published;
  typing: object;
  history: History;
  read: object;
  search: Found;
  presence: { room: string; members: Member[]; count: number };
  rooms: { rooms: RoomInfo[] };
  topic: object;
  nick: { nick: string };
  ping: object;
}

export type CommandType = keyof Replies;

export interface Command<Type extends CommandType = CommandType> {
  type: Type;
  [field: string]: unknown;
}

export interface ErrorFields {
  code: string;
  message: string;
  temporary?: boolean;
}

export type Push =
  | Entry
  | { type: "join" | "leave"; room: string; nick: string; user: string; count: number; reason?: string }
  | { type: "typing"; room: string; from: string; user: string; active?: boolean }
  | { type: "read"; room: string; seq: number }
  | { type: "nick"; user: string; from: string; nick: string }
  | { type: "topic"; room: string; from: string; text: string }
  | ({ type: "error" } & ErrorFields)
  | { type: "disconnect"; code: number; reason: string; reconnect: boolean };

/** Whether an entry is something done to a message. */
export function isDeed({ edit, delete: erased, react }: Pick<Entry, "edit" | "delete" | "react">): boolean {
  return [edit, erased, react].some((target) => typeof target === "string");
}

/** Whether a room is a private conversation. */
export function isPrivate(room: string): boolean {
  return room.startsWith("@");
}
