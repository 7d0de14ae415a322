// Goes to a room or a person by a part of the name.

import { useState } from "preact/hooks";
import { t } from "../texts";
import { useChat } from "./context";
import { Dialog } from "./dialog";
import { type Goal, goals } from "./goals";
import { uncover } from "./layout";
import { focusText } from "./showing";
import { unreadText } from "./unread";
import "./rooms.css";

/** `people`: only they are offered. */
export function Finding({ people = false, onClose }: { people?: boolean; onClose: () => void }) {
  const chat = useChat();
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(0);
  const { places } = t();
  const found = goals(chat, typed.trim(), people);
  const at = Math.min(chosen, found.length - 1);

  const go = ({ room }: Goal) => {
    onClose();
    uncover();
    chat.open(room);
    focusText();
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length > 0) setChosen((at + step + found.length) % found.length);
    else if (event.key === "Enter" && !event.isComposing && found[at]) go(found[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog id="finding" title={people ? places.talk : places.find} onClose={onClose}>
      <input
        role="combobox"
        aria-label={people ? places.personName : places.findHint}
        aria-expanded={found.length > 0}
        aria-controls="goals"
        aria-activedescendant={found[at] ? `goal-${at}` : undefined}
        aria-autocomplete="list"
        placeholder={people ? places.personName : places.findHint}
        dir="auto"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        value={typed}
        onKeyDown={press}
        onInput={({ currentTarget }) => {
          setTyped(currentTarget.value);
          setChosen(0);
        }}
      />
      <div id="goals" class="choices" role="listbox" aria-label={places.label}>
        {found.map((goal, index) => (
          <Option key={goal.room} goal={goal} index={index} chosen={index === at} onClick={() => go(goal)} />
        ))}
      </div>
      {found.length === 0 && (
        <p class="none" role="status">
          {places.nothing}
        </p>
      )}
    </Dialog>
  );
}

interface OptionProps {
  goal: Goal;
  index: number;
  chosen: boolean;
  onClick: () => void;
}

function Option({ goal: { room, place, isNew }, index, chosen, onClick }: OptionProps) {
  const { places } = t();
  const unread = place?.unread.value ?? 0;
  const name = room.startsWith("@") ? room : `#${room}`;
  const show = (option: HTMLButtonElement | null) => {
    if (chosen) option?.scrollIntoView({ block: "nearest" });
  };
  return (
    <button
      id={`goal-${index}`}
      ref={show}
      type="button"
      role="option"
      tabIndex={-1}
      aria-selected={chosen}
      onClick={onClick}
    >
      <bdi class="name">{isNew ? places.createRoom(room) : name}</bdi>
      {unread > 0 && <small class="badge">{unreadText(unread, place!.unreadBeyond.value)}</small>}
    </button>
  );
}
