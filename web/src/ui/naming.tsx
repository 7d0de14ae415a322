// Asks for a name: at first, when the old one is taken, and when somebody wants another one.

import { useEffect, useRef, useState } from "preact/hooks";
import { isNick } from "../address";
import { Refused } from "../link";
import { errorText, t } from "../texts";
import { useChat } from "./context";
import { focusText, showing } from "./showing";
import "./dialog.css";

export function Naming() {
  const chat = useChat();
  const dialog = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [refused, setRefused] = useState("");
  const asking = chat.asking.value;
  const changing = asking === null && showing.value === "name";
  const open = asking !== null || changing;
  const { naming } = t();

  useEffect(() => {
    setRefused("");
    if (!open) return;
    if (changing) field.current!.value = chat.self.value.nick;
    if (!dialog.current!.open) dialog.current!.showModal();
    field.current!.select();
    return () => dialog.current?.close();
  }, [open, asking]);

  const done = () => {
    showing.value = null;
    dialog.current!.close();
    focusText();
  };
  const rename = async (nick: string) => {
    try {
      await chat.rename(nick);
      done();
    } catch (problem) {
      setRefused(problem instanceof Refused ? errorText(problem.code, problem.message) : naming.lost);
      field.current!.select();
    }
  };
  const enter = (event: Event) => {
    event.preventDefault();
    const nick = field.current!.value.trim();
    if (!isNick(nick)) {
      setRefused(naming.noName);
      field.current!.select();
    } else if (changing) {
      void rename(nick);
    } else {
      chat.start(nick);
      done();
    }
  };
  // Without a name there is nothing behind the question.
  const closed = () => {
    if (chat.asking.value === null) showing.value = null;
    else if (!dialog.current!.open) dialog.current!.showModal();
  };
  return (
    <dialog
      id="naming"
      ref={dialog}
      aria-labelledby="naming-title"
      onCancel={(event) => !changing && event.preventDefault()}
      onClose={closed}
    >
      <form class="sheet" onSubmit={enter}>
        <h2 id="naming-title">{changing ? naming.change : naming.title}</h2>
        <input
          id="name"
          ref={field}
          aria-label={naming.yours}
          aria-describedby="naming-problem"
          maxLength={32}
          required
          autocomplete="nickname"
          autocapitalize="off"
          spellcheck={false}
        />
        <p id="naming-problem" role="alert">
          {refused || asking?.problem}
        </p>
        <div class="buttons">
          <button
            id="cancel"
            type="button"
            hidden={!changing}
            onClick={() => {
              showing.value = null;
            }}
          >
            {naming.cancel}
          </button>
          <button id="enter" type="submit">
            {changing ? naming.take : naming.enter}
          </button>
        </div>
      </form>
    </dialog>
  );
}
