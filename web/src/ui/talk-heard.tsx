// Says what others say to who doesn't see it: the list itself is silent, for what is read from the
// history and what comes into the document while scrolling is nothing new.

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Place } from "../chat/place";
import type { Item, Message } from "../model";
import { t } from "../texts";

const EVERY = 1_500; // ms: so often at most
const SPOKEN = 3; // messages that are said at once: of more only their number

/** Lets messages be said, not too fast. */
class Speaker {
  #waiting: Message[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #speak: (messages: readonly Message[]) => void;

  constructor(speak: (messages: readonly Message[]) => void) {
    this.#speak = speak;
  }

  say(messages: readonly Message[]): void {
    this.#waiting.push(...messages);
    if (!this.#timer && this.#waiting.length > 0) this.#next();
  }

  /** What was said is taken away after a while: it would be found twice. */
  #next(): void {
    const messages = this.#waiting.splice(0);
    this.#speak(messages);
    this.#timer = messages.length > 0 ? setTimeout(() => this.#next(), EVERY) : undefined;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }
}

/** What others have said after this seq. */
function saidAfter(items: readonly Item[], seq: number): Message[] {
  const first = items.findLastIndex((item) => item.kind === "message" && item.seq <= seq) + 1;
  return items
    .slice(first)
    .filter((item) => item.kind === "message" && !item.mine && !item.deleted) as Message[];
}

export function TalkHeard({ place }: { place: Place }) {
  const said = useSignal<readonly Message[]>([]);
  const speaker = useMemo(
    () =>
      new Speaker((messages) => {
        said.value = messages;
      }),
    [],
  );
  const state = useMemo(() => ({ live: false, seq: 0 }), [place]);
  const items = place.newest.items.value;
  const live = place.ready.value && !place.filling;
  useEffect(() => () => speaker.stop(), [place]);
  useEffect(() => {
    if (state.live) speaker.say(saidAfter(items, state.seq));
    Object.assign(state, { live, seq: place.last });
  }, [items, live, state]);
  return (
    <div id="heard" role="status" class="unseen">
      {said.value.length > SPOKEN ? (
        <p>{t().talk.newer(said.value.length)}</p>
      ) : (
        said.value.map(({ key, from, text }) => (
          <p key={key}>
            <bdi>{from}</bdi>: <bdi>{text}</bdi>
          </p>
        ))
      )}
    </div>
  );
}
