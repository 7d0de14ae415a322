// Asks for a name.

import { useEffect, useRef } from "preact/hooks";
import { t } from "../texts";
import { useChat } from "./context";

export function Naming() {
  const chat = useChat();
  const dialog = useRef<HTMLDialogElement>(null);
  const name = useRef<HTMLInputElement>(null);
  const asking = chat.asking.value;
  useEffect(() => {
    if (asking) dialog.current!.showModal();
    else dialog.current!.close();
  }, [asking]);
  const enter = (event: Event) => {
    event.preventDefault();
    chat.start(name.current!.value.trim());
  };
  return (
    <dialog
      id="naming"
      ref={dialog}
      aria-labelledby="naming-title"
      onCancel={(event) => event.preventDefault()}
    >
      <form onSubmit={enter}>
        <h2 id="naming-title">{t().naming.title}</h2>
        <input id="name" ref={name} aria-label={t().naming.yours} maxLength={32} required />
        <p id="naming-problem" role="alert">
          {asking?.problem}
        </p>
        <button id="enter" type="submit">
          {t().naming.enter}
        </button>
      </form>
    </dialog>
  );
}
