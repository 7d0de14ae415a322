// What was said in the current place.

import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Chat } from "../chat/chat";
import type { Place } from "../chat/place";
import { t } from "../texts";
import { twelveHours } from "../texts/when";
import { useChat } from "./context";
import { highlighted } from "./searching";
import { TalkEmpty } from "./talk-empty";
import { TalkHeard } from "./talk-heard";
import { pressedInTalk } from "./talk-keys";
import { look } from "./talk-look";
import { Newer } from "./talk-newer";
import { TalkPending } from "./talk-pending";
import { TalkRow } from "./talk-row";
import { useRows } from "./talk-rows";
import { Scroll } from "./talk-scroll";
import { talkWith } from "./talk-with";
import "./talk.css";

const STANDS_OUT = 2_500; // ms that a message does that was looked for

export function Talk() {
  const chat = useChat();
  const place = chat.current.value;
  const unfolded = useSignal<ReadonlySet<string>>(new Set());
  const active = useSignal("");
  const scroll = useMemo(() => new Scroll(() => look(chat, scroll)), [chat]);
  const box = useRef<HTMLElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const rows = useRows(place, unfolded.value);
  const past = place.past.value;
  const lit = useHighlight(place, scroll);
  useOwnWords(place, scroll);
  scroll.moved.value;
  const part = scroll.plan(rows, {
    stretch: past ?? place.newest,
    live: !past,
    line: place.line.value,
    unseen: place.unread.value > 0,
  });
  // What decides on who looks and what is read is to be looked at again.
  void [chat.connection.value, place.ready.value, place.filling, place.shown.value.hasOlder.value];
  const loading = place.loading.value;
  const inside = box.current?.contains(document.activeElement);

  useLayoutEffect(() => scroll.attach(box.current!, list.current!), [scroll]);
  useLayoutEffect(() => {
    scroll.settle();
    if (inside && !box.current!.contains(document.activeElement)) box.current!.focus({ preventScroll: true });
  });
  useEffect(() => {
    const looked = () => look(chat, scroll);
    for (const each of ["visibilitychange", "focus"]) addEventListener(each, looked, true);
    return () => {
      for (const each of ["visibilitychange", "focus"]) removeEventListener(each, looked, true);
    };
  }, [chat, scroll]);

  const unfold = (key: string) => {
    const now = new Set(unfolded.value);
    if (!now.delete(key)) now.add(key);
    unfolded.value = now;
  };
  const { talk } = t();
  return (
    <main>
      <section
        id="talk"
        class={twelveHours() ? "hours-12" : undefined}
        ref={box}
        role="log"
        aria-label={talk.label}
        aria-live="off"
        aria-busy={loading}
        tabIndex={0}
        onScroll={() => scroll.scrolled()}
        onKeyDown={pressedInTalk}
        onClick={({ target }) => talkWithNamed(chat, place, target as Element)}
        onFocusIn={({ target }) => {
          active.value = (target as Element).closest<HTMLElement>(".message")?.dataset.key ?? "";
        }}
      >
        {loading && <p class="loading">{talk.loading}</p>}
        {rows.length === 0 && <TalkEmpty place={place} />}
        <ol
          id="log"
          ref={list}
          style={{ paddingBlockStart: `${part.above}px`, paddingBlockEnd: `${part.below}px` }}
        >
          {rows.slice(part.from, part.to).map((row) => (
            <TalkRow
              key={row.key}
              row={row}
              place={place}
              nick={chat.self.value.nick}
              active={row.key === active.value}
              lit={row.key === lit}
              unfold={unfold}
            />
          ))}
        </ol>
        <TalkPending place={place} unfold={unfold} />
      </section>
      <Newer place={place} atEnd={scroll.atEnd.value} onClick={() => toNewest(place, scroll)} />
      <TalkHeard place={place} />
    </main>
  );
}

/** Who is pressed on by their name is talked with; by keyboard there is the menu of the message. */
function talkWithNamed(chat: Chat, place: Place, target: Element): void {
  const row = target.closest(".message:not(.mine) > .said > .name")?.closest<HTMLElement>(".message");
  const message = row && place.shown.value.find(row.dataset.key!);
  if (message) talkWith(chat, message.user, message.from);
}

function toNewest(place: Place, scroll: Scroll): void {
  place.past.value = null;
  scroll.toEnd();
}

/** Who says something looks at the newest. */
function useOwnWords(place: Place, scroll: Scroll): void {
  const known = useRef<{ place: Place; ids: Set<string> } | null>(null);
  const ids = new Set(place.pending.value.map(({ msgid }) => msgid));
  const before = known.current?.place === place ? known.current.ids : ids;
  const said = [...ids].some((msgid) => !before.has(msgid));
  useLayoutEffect(() => {
    known.current = { place, ids };
    if (said) toNewest(place, scroll);
  });
}

/** The key of the message that was looked for, if it is here: it is scrolled to once. */
function useHighlight(place: Place, scroll: Scroll): string {
  const { room = "", seq = 0 } = highlighted.value ?? {};
  const items = place.shown.value.items.value;
  const here = room === place.room.value;
  const found = here ? items.find((item) => item.kind === "message" && item.seq === seq) : undefined;
  useLayoutEffect(() => {
    if (!found) return;
    scroll.to(found.key);
    const timer = setTimeout(() => {
      highlighted.value = null;
    }, STANDS_OUT);
    return () => clearTimeout(timer);
  }, [found?.key]);
  return found?.key ?? "";
}
