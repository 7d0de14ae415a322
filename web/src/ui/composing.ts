// What the composer writes besides something new: a message's other text, or an answer to one. The
// list of messages asks for it, the composer does it.

import { signal } from "@preact/signals";
import type { Place } from "../chat/place";
import type { Message } from "../model";

/** A message, and where it was said. */
export interface Said {
  place: Place;
  message: Message;
}

/** The message of one's own that gets another text, if any. */
export const editing = signal<Said | null>(null);

/** The message that is answered, if any. */
export const replying = signal<Said | null>(null);
