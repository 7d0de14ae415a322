// When the field has the focus: at a desk always if nothing else needs it, on a phone only when one
// asks for it, for a keyboard comes with it.

import { useEffect, useLayoutEffect } from "preact/hooks";
import type { Place } from "../chat/place";
import { editing, replying } from "./composing";
import { useChat } from "./context";

const FIELDS = "input, textarea, select, [contenteditable], [role=listbox], [role=menu], dialog";
const TOUCH = matchMedia("(pointer: coarse) and (hover: none)");

/** Whether one types by touching a screen. */
export function useFocus(field: { current: HTMLTextAreaElement | null }, place: Place): boolean {
  const named = useChat().asking.value === null;
  useEffect(() => {
    if (named && !TOUCH.matches && !document.querySelector("dialog[open]")) field.current!.focus();
  }, [place, named]);
  // Before the next key comes, which may be before the next picture.
  useLayoutEffect(() => {
    if (!editing.value && !replying.value) return;
    field.current!.focus();
    field.current!.setSelectionRange(field.current!.value.length, field.current!.value.length);
  }, [editing.value, replying.value]);
  useEffect(() => {
    const typed = (event: KeyboardEvent) => isForField(event) && field.current!.focus();
    document.addEventListener("keydown", typed);
    return () => document.removeEventListener("keydown", typed);
  }, []);
  return TOUCH.matches;
}

/** Whether a letter is typed that nothing else wants. */
function isForField({ key, ctrlKey, metaKey, altKey, target, defaultPrevented }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey || defaultPrevented || !/^\p{L}$/u.test(key)) return false;
  return !(target as Element).closest(FIELDS) && !document.querySelector("dialog[open]");
}
