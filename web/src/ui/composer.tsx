// Where one types.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Chat } from "../chat/chat";
import type { Place } from "../chat/place";
import { commandIn } from "../commands";
import { t } from "../texts";
import { CompletionList, nickAtStart, useCompletions } from "./completions";
import { ComposerBar } from "./composer-bar";
import { wantEmoji, withEmojiAt } from "./composer-emoji";
import { useFocus } from "./composer-focus";
import { editLast, outgoing, send } from "./composer-send";
import { answeredIn, editedIn, setText, textIn } from "./composer-text";
import { editing, replying } from "./composing";
import { useChat } from "./context";
import { EmojiPicker } from "./emoji-picker";
import { Icon } from "./icons";
import { Typing } from "./typing";
import "./composer.css";

const NEAR = 0.9; // of the longest text: from here on it is said how much is left

export function Composer() {
  const chat = useChat();
  const place = chat.current.value;
  const field = useRef<HTMLTextAreaElement>(null);
  const [picking, pick] = useState(false);
  const text = textIn(place);
  const { caret, write, changed, looked } = useField(field, chat, place);
  const touch = useFocus(field, place);
  const completions = useCompletions(text, caret, write);
  useHeight(field, text);
  useEffect(() => () => chat.typed(place, false), [place]);

  const submit = (event: Event) => {
    event.preventDefault();
    field.current!.focus();
    void send(chat, place);
  };
  const pressed = (event: KeyboardEvent) => {
    // Safari's Enter comes when the composition has just ended.
    if (event.isComposing || event.keyCode === 229) return;
    if (completions.pressed(event) || pressedIn(event, chat, place, write)) event.preventDefault();
    else if (event.key === "Enter" && isToSend(event, touch)) submit(event);
  };
  const picked = (emoji: string) => {
    const { value, selectionStart, selectionEnd } = field.current!;
    const before = value.slice(0, selectionStart) + emoji;
    write(before + value.slice(selectionEnd), before.length);
  };
  const unpick = () => {
    pick(false);
    field.current!.focus();
  };
  const barred = reasonToBeSilent(chat, place);
  const open = completions.choices.length > 0;
  return (
    <footer>
      <Typing />
      <ComposerBar place={place} onStop={() => field.current!.focus()} />
      {barred && (
        <p id="barred" role="status">
          {barred}
        </p>
      )}
      <form id="say" onSubmit={submit}>
        <CompletionList {...completions} />
        <textarea
          id="text"
          ref={field}
          rows={1}
          dir="auto"
          autocomplete="off"
          enterkeyhint={touch ? "enter" : "send"}
          aria-label={t().composer.label}
          aria-autocomplete="list"
          aria-haspopup="listbox"
          aria-controls={open ? "completions" : undefined}
          aria-activedescendant={open ? `completion-${completions.active}` : undefined}
          aria-describedby={editedIn(place) ? "editing" : answeredIn(place) ? "replying" : undefined}
          placeholder={t().composer.hint(place.isPrivate ? place.room.value : `#${place.room.value}`)}
          disabled={barred !== ""}
          value={text}
          onInput={changed}
          onKeyDown={pressed}
          onKeyUp={looked}
          onClick={looked}
        />
        <Length text={outgoing(place, text)} />
        <Buttons disabled={barred !== ""} onPick={() => pick(true)} />
      </form>
      {picking && <EmojiPicker onPick={picked} onClose={unpick} />}
    </footer>
  );
}

/** What one types goes to the place; where the caret is, and what puts another text there. */
function useField(field: { current: HTMLTextAreaElement | null }, chat: Chat, place: Place) {
  const [caret, setCaret] = useState(0);
  const write = (text: string, caret: number) => {
    overwrite(field.current!, text, caret);
    setCaret(caret);
  };
  const nameEmoji = async () => {
    await wantEmoji();
    const { value, selectionStart } = field.current!;
    const made = withEmojiAt(value, selectionStart);
    if (made) write(made.text, made.caret);
  };
  const changed = ({ isComposing }: InputEvent) => {
    const { value, selectionStart } = field.current!;
    setText(place, value);
    setCaret(selectionStart);
    const isSecret = editedIn(place) || commandIn(value) || value === "/";
    chat.typed(place, !isSecret && value.trim() !== "");
    if (value[selectionStart - 1] === ":" && !isComposing) void nameEmoji();
  };
  const looked = () => setCaret(field.current!.selectionStart);
  return { caret, write, changed, looked };
}

function Buttons({ disabled, onPick }: { disabled: boolean; onPick: () => void }) {
  const { emoji, send } = t().composer;
  return (
    <>
      <button
        id="emoji"
        type="button"
        class="plain"
        disabled={disabled}
        aria-label={emoji}
        aria-haspopup="dialog"
        title={emoji}
        onClick={onPick}
      >
        <Icon name="smile" />
      </button>
      <button type="submit" disabled={disabled} aria-label={send} title={send}>
        <Icon name="send" />
      </button>
    </>
  );
}

/** How much more can be said, when it isn't much. */
function Length({ text }: { text: string }) {
  const most = useChat().limits.value.text;
  if (most === 0 || text.length < most * NEAR) return null;
  const left = most - [...text].length;
  const { left: some, over } = t().composer;
  return (
    <small id="length" role="status" class={left < 0 ? "over" : ""}>
      {left < 0 ? over(-left) : some(left)}
    </small>
  );
}

/** A phone's keyboard has no Shift to begin a line with, as there is a button to send. */
function isToSend({ shiftKey, ctrlKey, metaKey }: KeyboardEvent, touch: boolean): boolean {
  return ctrlKey || metaKey || !(shiftKey || touch);
}

/** Whether the key meant something here. */
function pressedIn(
  { key, shiftKey, altKey, ctrlKey, metaKey, currentTarget }: KeyboardEvent,
  chat: Chat,
  place: Place,
  write: (text: string, caret: number) => void,
): boolean {
  const { value, selectionStart } = currentTarget as HTMLTextAreaElement;
  if (altKey || ctrlKey || metaKey) return false;
  if (key === "Escape" && (editedIn(place) || answeredIn(place))) {
    if (editedIn(place)) editing.value = null;
    else replying.value = null;
  } else if (key === "ArrowUp" && value === "" && !editedIn(place)) {
    editLast(chat, place);
  } else if (key === "Tab" && !shiftKey) {
    const called = nickAtStart(value, selectionStart, chat, place);
    if (!called) return false;
    write(called + value.slice(selectionStart), called.length);
  } else {
    return false;
  }
  return true;
}

/** Why nothing can be said here; "" if it can. */
function reasonToBeSilent(chat: Chat, place: Place): string {
  if (place.refused.value) return place.refused.value;
  if (place.isPrivate || chat.rooms.value.includes(place)) return "";
  return t().composer.gone(`#${place.room.value}`);
}

/** Put another text into the field, which one can undo. */
function overwrite(field: HTMLTextAreaElement, text: string, caret: number): void {
  field.focus();
  field.select();
  if (!document.execCommand("insertText", false, text)) {
    field.value = text;
    field.dispatchEvent(new InputEvent("input"));
  }
  field.setSelectionRange(caret, caret);
}

/** For browsers that don't let a field grow by itself. */
function useHeight(field: { current: HTMLTextAreaElement | null }, text: string): void {
  useEffect(() => {
    if (CSS.supports("field-sizing", "content")) return;
    const { style } = field.current!;
    style.height = "auto";
    style.height = `${field.current!.scrollHeight + 2}px`; // and its border
  }, [text]);
}
