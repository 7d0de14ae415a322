// The way back to the newest, for who reads further up.

import type { Place } from "../chat/place";
import { t } from "../texts";

interface NewerProps {
  place: Place;
  atEnd: boolean;
  onClick: () => void;
}

export function Newer({ place, atEnd, onClick }: NewerProps) {
  const { talk } = t();
  const unread = place.unread.value;
  return (
    <button id="newer" type="button" hidden={atEnd} onClick={onClick}>
      {unread > 0 ? talk.newer(unread) : talk.newest}
      <span aria-hidden="true"> ↓</span>
    </button>
  );
}
