// Who is here; or who the other side of a private conversation is.

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { addressOf } from "../address";
import type { Place } from "../chat/place";
import { t } from "../texts";
import { calmly } from "./calmly";
import { useChat } from "./context";
import { useDrawer } from "./drawer";
import { IconButton } from "./icons";
import { drawer, uncover, wide } from "./layout";
import { Name } from "./name";
import { useIsHere } from "./place-row";
import { nameOf } from "./unread";
import "./people.css";

const NAMES = 200; // are shown at most
const { compare } = new Intl.Collator(); // for a thousand names localeCompare takes long
const MANY = 20; // it is easier to find somebody with a filter

export function People() {
  const chat = useChat();
  const place = chat.current.value;
  const panel = useRef<HTMLElement>(null);
  const open = !wide.value && drawer.value === "people";
  useDrawer(panel, open, "open-people");
  return (
    <aside ref={panel} class={open ? "drawer open" : "drawer"} aria-label={t().people.label}>
      {!wide.value && <IconButton name="close" label={t().shell.close} onClick={uncover} />}
      {place.isPrivate ? (
        <Other place={place} />
      ) : (
        <Members key={place} place={place} visible={wide.value || open} />
      )}
    </aside>
  );
}

interface MembersProps {
  place: Place;
  visible: boolean;
}

function Members({ place, visible }: MembersProps) {
  const [part, setPart] = useState("");
  const { people } = t();
  const members = useSorted(place, visible);
  const wanted = part.trim().toLowerCase();
  const found = members.filter(([, nick]) => nick.toLowerCase().includes(wanted));
  return (
    <>
      <Count place={place} />
      {(members.length > MANY || part !== "") && (
        <input
          type="search"
          aria-label={people.filter}
          placeholder={people.filter}
          value={part}
          onInput={({ currentTarget }) => setPart(currentTarget.value)}
        />
      )}
      <ul id="people" aria-labelledby="count">
        {found.slice(0, NAMES).map(([user, nick]) => (
          <Person key={user} user={user} nick={nick} />
        ))}
        {found.length > NAMES && <li class="rest">{people.more(found.length - NAMES)}</li>}
      </ul>
    </>
  );
}

/** By their nicks. It takes a while for thousands: while it can't be seen it stays as it was. */
function useSorted({ members }: Place, visible: boolean): readonly (readonly [string, string])[] {
  const [version, setVersion] = useState(-1);
  useLayoutEffect(() => (visible ? calmly(members.version, setVersion) : undefined), [members, visible]);
  return useMemo(() => {
    if (version < 0) return [];
    return [...members.peek()].sort(([, one], [, other]) => compare(one, other));
  }, [members, version]);
}

function Count({ place }: { place: Place }) {
  const { people } = t();
  const count = place.count.value;
  return <h2 id="count">{count > 0 ? people.count(count) : people.label}</h2>;
}

function Person({ user, nick }: { user: string; nick: string }) {
  const { people } = t();
  const { self } = useChat();
  if (self.value.user ? user === self.value.user : nick === self.value.nick) {
    return (
      <li class="self" data-you={people.you}>
        <Name nick={nick} user={user} />
      </li>
    );
  }
  return (
    <li>
      <a href={addressOf(`@${nick}`)} title={people.talkWith(nick)}>
        <Name nick={nick} user={user} />
      </a>
    </li>
  );
}

function Other({ place }: { place: Place }) {
  const chat = useChat();
  const here = useIsHere(place);
  const shared = chat.rooms.value.filter(({ members }) => members.value.has(place.user));
  const { people } = t();
  return (
    <div id="other">
      <h2>
        <Name nick={place.room.value.slice(1)} user={place.user} />
      </h2>
      <p class={here ? "presence-text here" : "presence-text"}>{here ? people.here : people.away}</p>
      {shared.length > 0 && (
        <>
          <h3>{people.shared}</h3>
          <ul>
            {shared.map((room) => (
              <li key={room}>
                <a href={addressOf(room.room.value)}>
                  <bdi>{nameOf(room)}</bdi>
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
