// What comes by itself, but for messages: who comes and goes, types, reads elsewhere, or is called
// otherwise. What a later release sends besides is left alone.

import type { Entry, Push } from "../protocol";
import type { Place } from "./place";
import type { Reader } from "./timeline";

const QUIET = ["", "left", "closed", "quit"]; // reasons of leaving that need no words

/** What comes besides messages and errors. */
export type Heard = Exclude<Push, Entry | { type: "error" }>;

/** What hearing asks of the chat. */
export interface Hearer {
  readonly me: Reader;
  placeNamed(room: string): Place | undefined;
  renamed(push: Extract<Push, { type: "nick" }>): void;
}

export function hear(chat: Hearer, push: Heard): void {
  if (push.type === "nick") {
    chat.renamed(push);
    return;
  }
  if (push.type === "disconnect") return; // the close code says it as well
  const place = chat.placeNamed(String(push.room));
  if (place) happened(chat, place, push);
}

function happened({ me }: Hearer, place: Place, push: Exclude<Heard, { type: "nick" | "disconnect" }>): void {
  if (push.type === "read") {
    place.told(push.seq);
  } else if (push.type === "typing") {
    if (push.user !== me.user) place.typing.happened(push);
  } else if (push.type === "topic") {
    place.topic.value = push.text;
    place.newest.notice({ what: "topic", from: push.from, text: push.text });
  } else if (push.type === "join" || push.type === "leave") {
    moved(me, place, push);
  }
}

function moved(me: Reader, place: Place, push: Extract<Push, { type: "join" | "leave" }>): void {
  const { type, user, nick, count, reason = "" } = push;
  place.moved(user, type === "join" ? nick : null, count);
  place.typing.stop(user);
  if (user === me.user) return;
  place.newest.notice({ what: type, user, nick, reason: QUIET.includes(reason) ? "" : reason });
}
