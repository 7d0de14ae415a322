// What there is to be shown, as the store (chat/) makes it and the components (ui/) take it. Items
// never change: what happens to one makes another object with the same key.

/** Which people reacted to a message with the same text. */
export interface Reaction {
  text: string;
  people: readonly { user: string; nick: string }[];
  mine: boolean;
}

/** How far a message of one's own has come; all others are "sent". */
export type Sending = "sent" | "pending" | "failed";

export interface Message {
  kind: "message";
  key: string; // the sender's id and the msgid
  seq: number; // 0 while it is pending or failed
  msgid: string;
  user: string;
  from: string;
  time: string; // RFC 3339
  text: string; // "" when it is deleted
  via: string; // "" for what a user said
  edited: string; // when, or ""
  deleted: boolean;
  mine: boolean;
  mention: boolean; // of oneself
  reactions: readonly Reaction[];
  state: Sending;
  why: string; // it failed
}

/** Something that happened, which the log doesn't keep. */
export type Happening =
  | { what: "join" | "leave"; user: string; nick: string; reason: string }
  | { what: "nick"; user: string; from: string; nick: string; mine: boolean }
  | { what: "topic"; from: string; text: string }
  | { what: "gap"; why: "pruned" | "anew" } // what stood here can't be read any more
  | { what: "note"; text: string } // an answer to what one typed
  | { what: "error"; code: string; text: string }; // the server's code, or ""

export interface Notice {
  kind: "notice";
  key: string;
  time: string; // RFC 3339
  happening: Happening;
}

export type Item = Message | Notice;

/** How one is connected. */
export type Connection =
  | { state: "connecting" }
  | { state: "connected"; transport: string } // SockJS's name for it
  | { state: "waiting"; until: number; reason: string } // for the next attempt, at this Date.now()
  | { state: "offline" } // the browser knows of no network
  | { state: "stopped"; reason: string }; // only the user goes on
