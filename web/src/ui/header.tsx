// Where one is, how one is connected, and what can be done there.

import { t } from "../texts";
import { useChat } from "./context";
import { Icon, IconButton } from "./icons";
import { drawer, phone, wide } from "./layout";
import { Menu } from "./menu";
import { searching } from "./searching";
import { showing } from "./showing";
import { Status } from "./status";
import { Topic } from "./topic";
import { nameOf, unreadText } from "./unread";
import "./header.css";

export function Header() {
  const chat = useChat();
  const place = chat.current.value;
  const { nick } = chat.self.value;
  return (
    <header>
      {phone.value && <Drawers />}
      <h1 id="room" dir="auto">
        {nameOf(place)}
      </h1>
      <Topic place={place} />
      <Status />
      {!wide.value && !place.isPrivate && <Count count={place.count.value} />}
      <IconButton
        id="search-button"
        name="search"
        label={t().header.search}
        aria-expanded={searching.value !== null}
        onClick={() => {
          searching.value = searching.value === null ? "" : null;
        }}
      />
      <button
        id="me"
        type="button"
        title={t().naming.change}
        hidden={nick === ""}
        onClick={() => {
          showing.value = "name";
        }}
      >
        <bdi>{nick}</bdi>
      </button>
      <Menu place={place} />
    </header>
  );
}

/** Opens the side list, and says how much isn't read there. */
function Drawers() {
  const chat = useChat();
  const others = [...chat.places()].filter((place) => place !== chat.current.value);
  const unread = others.reduce((sum, place) => sum + place.unread.value, 0);
  const { open, openUnread } = t().places;
  const count = unreadText(
    unread,
    others.some((place) => place.unreadBeyond.value),
  );
  return (
    <button
      id="open-places"
      type="button"
      class="plain"
      aria-label={unread > 0 ? openUnread(count) : open}
      aria-expanded={drawer.value === "places"}
      onClick={() => {
        drawer.value = "places";
      }}
    >
      <Icon name="menu" />
      {unread > 0 && <b class="badge">{count}</b>}
    </button>
  );
}

function Count({ count }: { count: number }) {
  return (
    <button
      id="open-people"
      type="button"
      class="plain"
      aria-label={t().header.people(count)}
      title={t().header.people(count)}
      aria-expanded={drawer.value === "people"}
      onClick={() => {
        drawer.value = "people";
      }}
    >
      <Icon name="people" />
      <span>{count}</span>
    </button>
  );
}
