// How what is being typed could go on: names, commands, rooms and emoji, to choose one from.

import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Chat } from "../chat/chat";
import type { Place } from "../chat/place";
import { COMMANDS, type CommandName, usageOf } from "../commands";
import { applied, type Completion, completionAt, matches } from "../text/completion";
import { t } from "../texts";
import { emojiTable, wantEmoji } from "./composer-emoji";
import { useChat } from "./context";

const MOST = 8; // choices

interface Choice {
  choice: string; // what is typed for one
  label: string;
  does: string;
}

/** The choices, and what the keys do with them. */
export interface Completions {
  choices: readonly Choice[];
  active: number;
  /** Whether the key was for the choices. */
  pressed(event: KeyboardEvent): boolean;
  take(index: number): void;
}

/** `write` puts another text into the field, and the caret there. */
export function useCompletions(
  text: string,
  caret: number,
  write: (text: string, caret: number) => void,
): Completions {
  const chat = useChat();
  const place = chat.current.value;
  const completion = completionAt(text, caret);
  const begun = completion ? `${completion.kind} ${completion.start}` : "";
  const typed = `${begun} ${completion?.prefix}`;
  const [closed, close] = useState("");
  const [chosen, choose] = useState({ typed, active: 0 });
  useEffect(() => {
    if (completion?.kind === "emoji") void wantEmoji();
    if (completion?.kind === "room") void wantRooms(chat);
    if (!completion) close("");
  }, [begun]);
  const choices = completion && closed !== begun ? choicesFor(completion, chat, place) : [];
  const active = chosen.typed === typed ? Math.min(chosen.active, choices.length - 1) : 0;
  const take = (index: number) => {
    const made = applied(text, completion!, choices[index]!.choice);
    write(made.text, made.caret);
  };
  const pressed = ({ key, shiftKey, ctrlKey, metaKey, altKey }: KeyboardEvent) => {
    if (choices.length === 0 || shiftKey || ctrlKey || metaKey || altKey) return false;
    if (key === "Escape") close(begun);
    else if (key === "ArrowDown" || key === "ArrowUp") {
      const step = key === "ArrowDown" ? 1 : choices.length - 1;
      choose({ typed, active: (active + step) % choices.length });
    } else if (key === "Tab") take(active);
    else if (key === "Enter" && choices[active]!.choice !== completion!.prefix) take(active);
    else return false;
    return true;
  };
  return { choices, active, pressed, take };
}

/** The nick that a line may begin with, typed so far, and what calls it: "ann: ". */
export function nickAtStart(text: string, caret: number, chat: Chat, place: Place): string {
  const before = text.slice(0, caret);
  if (!/^[\p{L}\p{N}\p{M}._-]+$/u.test(before)) return "";
  const [nick] = matches(before, nicksIn(chat, place), 1);
  return nick === undefined ? "" : `${nick}: `;
}

export function CompletionList({ choices, active, take }: Completions) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => list.current!.children[active]?.scrollIntoView({ block: "nearest" }), [choices, active]);
  return (
    <>
      <div
        id="completions"
        ref={list}
        role="listbox"
        aria-label={t().composer.suggestions}
        hidden={choices.length === 0}
      >
        {choices.map(({ choice, label, does }, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are pressed in the field
          <div
            key={choice}
            id={`completion-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            onMouseDown={(event) => event.preventDefault()} // the field keeps the focus
            onClick={() => take(index)}
          >
            <bdi>{label}</bdi>
            {does && <small>{does}</small>}
          </div>
        ))}
      </div>
      <p class="unseen" role="status">
        {choices.length > 0 && t().composer.suggested(choices.length)}
      </p>
    </>
  );
}

function choicesFor({ kind, prefix }: Completion, chat: Chat, place: Place): Choice[] {
  if (kind === "emoji") return emojiFor(prefix);
  if (kind === "command") {
    return matches(prefix, COMMANDS, COMMANDS.length).map((choice) => {
      const name = choice as CommandName;
      return { choice, label: usageOf(name), does: t().commands.list[name].does };
    });
  }
  const [sign, names] = kind === "room" ? ["#", roomsOf(chat)] : ["@", nicksIn(chat, place)];
  return matches(prefix, names, MOST).map((choice) => ({ choice, label: sign + choice, does: "" }));
}

function emojiFor(prefix: string): Choice[] {
  const found = emojiTable.value?.search(prefix, MOST) ?? [];
  return found.map(({ emoji, name, names }) => ({
    choice: emoji,
    label: `${emoji} :${names[0]}:`,
    does: name,
  }));
}

/** The others, those who spoke last first. */
function nicksIn(chat: Chat, place: Place): string[] {
  const { user } = chat.self.value;
  const others = new Map([...place.members.value].filter(([each]) => each !== user));
  if (place.isPrivate) others.set(place.user, place.room.value.slice(1));
  const spoke = place.newest.items.value.flatMap((item) => (item.kind === "message" ? [item.user] : []));
  const latest = [...new Set(spoke.reverse())].flatMap((each) => others.get(each) ?? []);
  return [...latest, ...others.values()];
}

const listed = signal<readonly string[]>([]); // what rooms there were when one was last looked for

function roomsOf(chat: Chat): string[] {
  return [...chat.rooms.value.map(({ room }) => room.value), ...listed.value];
}

async function wantRooms(chat: Chat): Promise<void> {
  try {
    listed.value = (await chat.listRooms()).map(({ room }) => room);
  } catch {
    // Without a connection one's own rooms are enough.
  }
}
