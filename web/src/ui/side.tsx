// The rooms and conversations that one is in.

import { addressOf } from "../address";
import type { Place } from "../chat/place";
import { useChat } from "./context";

export function Side() {
  const chat = useChat();
  return (
    <nav>
      <ul id="places">
        {[...chat.rooms.value, ...chat.talks.value].map((place) => (
          <Row key={place.room.value} place={place} />
        ))}
      </ul>
    </nav>
  );
}

function Row({ place }: { place: Place }) {
  const chat = useChat();
  const { room, unread } = place;
  return (
    <li class={unread.value > 0 ? "unread" : ""}>
      <a href={addressOf(room.value)} aria-current={place === chat.current.value ? "page" : undefined}>
        <bdi>{place.isPrivate ? room.value : `#${room.value}`}</bdi>
        {unread.value > 0 && <b>{unread.value}</b>}
      </a>
    </li>
  );
}
