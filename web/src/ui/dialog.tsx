// What lies over all else until it is done with. Escape and a click beside it close it, and the focus
// goes back to where it was.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../texts";
import { IconButton } from "./icons";
import "./dialog.css";

interface DialogProps {
  id: string;
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}

export function Dialog({ id, title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const shown = dialog.current!;
    shown.showModal();
    shown.querySelector<HTMLElement>("input, select")?.focus();
    return () => {
      shown.close();
      queueMicrotask(restoreCaret);
    };
  }, []);
  const beside = ({ target }: Event) => target === dialog.current && onClose();
  return (
    <dialog id={id} ref={dialog} aria-labelledby={`${id}-title`} onClose={onClose} onMouseDown={beside}>
      <div class="sheet">
        <header>
          <h2 id={`${id}-title`}>{title}</h2>
          <IconButton name="close" label={t().shell.close} onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  );
}

/** Chromium gives the focus back to the message field, but no caret: what is typed would go nowhere. */
function restoreCaret(): void {
  const { activeElement: field } = document;
  if (!(field instanceof HTMLTextAreaElement)) return;
  field.setSelectionRange(field.selectionStart, field.selectionEnd);
}
