// Where one is, and how one is connected.

import { t } from "../texts";
import { useChat } from "./context";

export function Header() {
  const chat = useChat();
  const place = chat.current.value;
  const connection = chat.connection.value;
  return (
    <header>
      <h1 id="room">{place.isPrivate ? place.room.value : `#${place.room.value}`}</h1>
      <p id="topic">{place.topic.value}</p>
      <p id="status" role="status" data-state={connection.state}>
        {connection.state === "waiting" ? t().connection.waiting(0) : t().connection[connection.state]}
      </p>
      {connection.state === "connected" && <small id="transport">{connection.transport}</small>}
      <button id="me" type="button">
        <bdi>{chat.self.value.nick}</bdi>
      </button>
    </header>
  );
}
