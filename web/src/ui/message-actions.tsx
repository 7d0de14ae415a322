// What one can do with a message, behind one button.

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Place } from "../chat/place";
import type { Message } from "../model";
import { t } from "../texts";
import { editing, replying } from "./composing";
import { useChat } from "./context";
import { EmojiPicker } from "./emoji-picker";
import { later } from "./later";

const MessageMenu = later(async () => (await import("./message-menu")).MessageMenu);

interface MessageActionsProps {
  message: Message;
  place: Place;
  active: boolean;
  describedBy: string; // the id of what was said
}

export function MessageActions({ message, place, active, describedBy }: MessageActionsProps) {
  const chat = useChat();
  const open = useSignal(false);
  const picking = useSignal(false);
  const button = useRef<HTMLButtonElement>(null);
  const react = (text: string) => {
    const mine = message.reactions.find((each) => each.text === text)?.mine ?? false;
    chat.react(place, message, text, !mine);
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "r") replying.value = { place, message };
    else if (event.key === "e" && mayEdit()) editing.value = { place, message };
    else return;
    event.preventDefault();
  };
  const mayEdit = () => {
    const within = chat.limits.value.edit_within * 1_000;
    return message.mine && (within === 0 || Date.now() - Date.parse(message.time) < within);
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        class="more"
        tabIndex={active ? 0 : -1}
        aria-label={t().message.actions}
        aria-describedby={describedBy}
        aria-haspopup="true"
        aria-expanded={open.value}
        onKeyDown={pressed}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        ⋯
      </button>
      {open.value && (
        <MessageMenu
          button={button.current!}
          message={message}
          place={place}
          mayEdit={mayEdit()}
          onReact={react}
          onPick={() => {
            picking.value = true;
          }}
          onClose={() => {
            open.value = false;
          }}
        />
      )}
      {picking.value && (
        <EmojiPicker
          onPick={react}
          onClose={() => {
            picking.value = false;
            button.current?.focus();
          }}
        />
      )}
    </>
  );
}
