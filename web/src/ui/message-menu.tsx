// The menu of a message, over the page beside its button.

import { type Signal, useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Place } from "../chat/place";
import type { Message } from "../model";
import { t } from "../texts";
import { editing, replying, type Said } from "./composing";
import { useChat } from "./context";
import { talkWith } from "./talk-with";

const QUICK = ["👍", "❤️", "😂", "🎉", "👀"];
const GAP = 4; // pixels between the button and the menu, and to the edges of the page

interface MessageMenuProps {
  button: HTMLElement;
  message: Message;
  place: Place;
  mayEdit: boolean;
  onReact: (text: string) => void;
  onPick: () => void; // one wants to choose from all emoji
  onClose: () => void;
}

export function MessageMenu({ button, message, place, mayEdit, onReact, onPick, onClose }: MessageMenuProps) {
  const { message: texts } = t();
  const chat = useChat();
  const menu = useRef<HTMLUListElement>(null);
  const sure = useSignal(false);
  useLayoutEffect(() => openBeside(menu.current!, button), []);

  // The browser tells that it closed only after a while, in which one may press the button again.
  const then = (does: () => void) => () => {
    menu.current!.hidePopover();
    onClose();
    does();
  };
  const write = (which: Signal<Said | null>) =>
    then(() => {
      which.value = { place, message };
    });
  const erase = () => {
    if (sure.value) then(() => chat.erase(place, message))();
    sure.value = true;
  };
  const copy = then(() => void navigator.clipboard.writeText(message.text).catch(console.warn));
  const talk = then(() => talkWith(chat, message.user, message.from));
  return (
    <ul
      ref={menu}
      class="actions"
      popover="auto"
      aria-label={texts.actions}
      onToggle={({ newState, currentTarget }) =>
        newState === "closed" && currentTarget.isConnected && onClose()
      }
      onKeyDown={(event) => {
        if (event.key === "Escape") then(() => button.focus())();
        else if (!move(event)) return;
        event.preventDefault();
      }}
    >
      <li class="quick">
        {QUICK.map((text) => (
          <button key={text} type="button" aria-label={texts.react(text)} onClick={then(() => onReact(text))}>
            {text}
          </button>
        ))}
        <button type="button" aria-label={texts.otherReaction} onClick={then(onPick)}>
          +
        </button>
      </li>
      <Choice words={texts.reply} onClick={write(replying)} />
      {mayEdit && <Choice words={texts.edit} onClick={write(editing)} />}
      {message.mine && <Choice words={sure.value ? texts.reallyErase : texts.erase} onClick={erase} />}
      {navigator.clipboard && ( // not there on a page that came over plain http
        <Choice words={texts.copy} onClick={copy} />
      )}
      {!message.mine && !place.isPrivate && <Choice words={texts.talkWith(message.from)} onClick={talk} />}
    </ul>
  );
}

function Choice({ words, onClick }: { words: string; onClick: () => void }) {
  return (
    <li>
      <button type="button" onClick={onClick}>
        {words}
      </button>
    </li>
  );
}

/** Show it beside the button. It stays there while others talk, whatever that moves: who is about to
 * press something would press something else. It closes when one scrolls. */
function openBeside(menu: HTMLElement, button: HTMLElement): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  const close = () => menu.hidePopover();
  menu.showPopover();
  putBeside(menu, button);
  menu.querySelector("button")!.focus({ preventScroll: true });
  addEventListener("resize", () => putBeside(menu, button), { signal });
  addEventListener("wheel", close, { signal, passive: true });
  // A finger that taps a choice may move a little.
  const swiped = ({ target }: Event) => menu.contains(target as Node) || close();
  addEventListener("touchmove", swiped, { signal, passive: true });
  return () => ending.abort();
}

/** Below the button, or above it where there is no room. */
function putBeside(menu: HTMLElement, button: HTMLElement): void {
  const { top, bottom, left, right } = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = bottom + GAP + height <= innerHeight;
  const starts = getComputedStyle(button).direction === "rtl" ? left : right - width;
  menu.style.top = `${below ? bottom + GAP : Math.max(GAP, top - GAP - height)}px`;
  menu.style.left = `${Math.max(GAP, Math.min(starts, innerWidth - width - GAP))}px`;
}

/** The arrows lead from one button to the next. Returns whether it was one. */
function move(event: KeyboardEvent & { currentTarget: HTMLElement }): boolean {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (step === undefined) return false;
  const all = [...event.currentTarget.querySelectorAll("button")];
  const next = all.indexOf(event.target as HTMLButtonElement) + step;
  all.at(next % all.length)?.focus();
  return true;
}
