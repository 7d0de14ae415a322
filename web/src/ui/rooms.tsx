// Joins or creates a room: by its name, or one of those that there are.

import { useEffect, useState } from "preact/hooks";
import { dashed, roomName } from "../address";
import type { RoomInfo } from "../protocol";
import { t } from "../texts";
import { useChat } from "./context";
import { Dialog } from "./dialog";
import { uncover } from "./layout";
import { focusText } from "./showing";
import "./rooms.css";

export function Rooms({ onClose }: { onClose: () => void }) {
  const chat = useChat();
  const rooms = useRooms();
  const [typed, setTyped] = useState("");
  const { places } = t();
  const name = dashed(typed);
  const valid = name === "" || roomName(name) !== "";
  const part = name.replace(/^#/, "").toLowerCase();
  const found = rooms.filter(({ room }) => room.toLowerCase().includes(part));

  const go = (room: string) => {
    onClose();
    uncover();
    chat.open(room);
    focusText();
  };
  const come = (event: Event) => {
    event.preventDefault();
    if (name !== "" && valid) go(roomName(name));
  };
  return (
    <Dialog id="rooms" title={places.join} onClose={onClose}>
      <form class="line" onSubmit={come}>
        <input
          aria-label={places.roomName}
          aria-invalid={!valid}
          aria-describedby="rooms-problem"
          placeholder={places.roomName}
          dir="auto"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={typed}
          onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <button type="submit" disabled={name === "" || !valid}>
          {places.come}
        </button>
      </form>
      <p id="rooms-problem" class="problem" role="status">
        {valid ? "" : places.noRoom}
      </p>
      {found.length > 0 && <h3>{places.thereAre}</h3>}
      <ul class="choices">
        {found.map((each) => (
          <Room key={each.room} info={each} onClick={() => go(each.room)} />
        ))}
      </ul>
    </Dialog>
  );
}

function Room({ info: { room, count, topic }, onClick }: { info: RoomInfo; onClick: () => void }) {
  const joined = useChat().placeNamed(room) !== undefined;
  const { places } = t();
  return (
    <li>
      <button type="button" onClick={onClick}>
        <bdi class="name">#{room}</bdi>
        <small>
          {places.countHere(count)}
          {joined && ` · ${places.joined}`}
        </small>
        {topic && (
          <span class="about" dir="auto">
            {topic}
          </span>
        )}
      </button>
    </li>
  );
}

/** The rooms that there are; none while nobody can tell. */
function useRooms(): readonly RoomInfo[] {
  const chat = useChat();
  const connected = chat.connection.value.state === "connected";
  const [rooms, setRooms] = useState<readonly RoomInfo[]>([]);
  useEffect(() => {
    if (connected) chat.listRooms().then(setRooms, () => {});
  }, [connected]);
  return rooms;
}
