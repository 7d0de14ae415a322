// What can be done besides, in a menu at the end of the header.

import { useRef, useState } from "preact/hooks";
import type { Place } from "../chat/place";
import { t } from "../texts";
import { useChat } from "./context";
import { Icon } from "./icons";
import { canLeave } from "./leaving";
import { type Showing, showing } from "./showing";

export function Menu({ place }: { place: Place }) {
  const chat = useChat();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const [at, setAt] = useState({ top: "0", right: "0" });
  const { header, settings, shortcuts } = t();
  const open = () => {
    const { bottom, right } = button.current!.getBoundingClientRect();
    setAt({ top: `${bottom + 4}px`, right: `${Math.max(0, innerWidth - right)}px` });
  };
  const choose = (what: () => void) => () => {
    list.current!.hidePopover();
    what();
  };
  const show = (what: Showing) => choose(() => (showing.value = what));
  return (
    <>
      <button
        id="menu-button"
        ref={button}
        type="button"
        class="plain"
        aria-label={header.menu}
        title={header.menu}
        popovertarget="menu"
        onClick={open}
      >
        <Icon name="more" />
      </button>
      <ul id="menu" ref={list} popover="auto" style={at}>
        {!place.isPrivate && <Choice does={show("topic")}>{header.changeTopic}</Choice>}
        <Choice does={show("switcher")}>{shortcuts.switcher}</Choice>
        <Choice does={show("settings")}>{settings.title}</Choice>
        <Choice does={show("shortcuts")}>{shortcuts.title}</Choice>
        {canLeave(chat, place) && (
          <Choice does={choose(() => chat.leave(place))}>
            {place.isPrivate ? header.hide : header.leave}
          </Choice>
        )}
      </ul>
    </>
  );
}

function Choice({ does, children }: { does: () => void; children: string }) {
  return (
    <li>
      <button type="button" onClick={does}>
        {children}
      </button>
    </li>
  );
}
