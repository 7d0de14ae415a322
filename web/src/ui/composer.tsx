// Where one types.

import { useState } from "preact/hooks";
import { t } from "../texts";
import { useChat } from "./context";

export function Composer() {
  const chat = useChat();
  const [text, setText] = useState("");
  const say = (event: Event) => {
    event.preventDefault();
    if (text.trim() !== "") chat.say(chat.current.value, text.trimEnd());
    setText("");
  };
  return (
    <footer>
      <form id="say" onSubmit={say}>
        <textarea
          id="text"
          rows={1}
          aria-label={t().composer.label}
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        <button type="submit">{t().composer.send}</button>
      </form>
    </footer>
  );
}
