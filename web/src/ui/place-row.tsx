// A room or a conversation in the side list.

import { computed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { addressOf } from "../address";
import type { Chat } from "../chat/chat";
import type { Place } from "../chat/place";
import { draftIn } from "../drafts";
import { t } from "../texts";
import { useChat } from "./context";
import { Icon, IconButton } from "./icons";
import { canLeave } from "./leaving";
import { nameOf, unreadText } from "./unread";

export function PlaceRow({ place }: { place: Place }) {
  const chat = useChat();
  const { room, unread, mentions, unreadBeyond, refused } = place;
  const { places } = t();
  const name = nameOf(place);
  return (
    <li class={unread.value > 0 ? "unread" : ""}>
      <a href={addressOf(room.value)} aria-current={place === chat.current.value ? "page" : undefined}>
        {place.isPrivate && <Presence place={place} />}
        <bdi class="name" title={name}>
          {name}
        </bdi>
        {!place.isPrivate && mentions.value > 0 && (
          <span class="mention" role="img" aria-label={places.mentioned} title={places.mentioned} />
        )}
        {draftIn(place) && (
          <span class="draft" role="img" aria-label={places.draft} title={places.draft}>
            <Icon name="pencil" />
          </span>
        )}
        {unread.value > 0 && (
          <small class={mentions.value > 0 ? "badge" : "badge quiet"}>
            {" "}
            {unreadText(unread.value, unreadBeyond.value)}
            <span class="unseen"> {places.unread}</span>
          </small>
        )}
      </a>
      {canLeave(chat, place) && (
        <IconButton
          class="plain leave"
          name="close"
          label={place.isPrivate ? places.hide(name) : places.leave(name)}
          onClick={() => chat.leave(place)}
        />
      )}
      {refused.value && <p class="refused">{refused.value}</p>}
    </li>
  );
}

/** Whether the other side of a conversation is in any of one's rooms. */
function Presence({ place }: { place: Place }) {
  if (!useIsHere(place)) return <span class="presence" />;
  const { online } = t().places;
  return <span class="presence here" role="img" aria-label={online} title={online} />;
}

/** The same for others that show it, who are drawn again only when it changes. */
export function useIsHere(place: Place): boolean {
  const chat = useChat();
  return useMemo(() => computed(() => isHere(chat, place)), [chat, place, place.user]).value;
}

function isHere(chat: Chat, { user, room }: Place): boolean {
  const nick = room.value.slice(1);
  return chat.rooms.value.some(({ members }) =>
    user ? members.value.has(user) : [...members.value.values()].includes(nick),
  );
}
