// The list of messages by keyboard: up and down lead from one message's actions to another's, letters
// do what the actions do.

import { focusText } from "./showing";

const ACTIONS = ".message .more";

/** The buttons of the messages in the document, from top to bottom. */
function allActions(box: Element): HTMLElement[] {
  return [...box.querySelectorAll<HTMLElement>(ACTIONS)];
}

/** Who comes from outside begins with the last message in view. */
function lastInView(box: Element): HTMLElement | undefined {
  const end = box.getBoundingClientRect().bottom;
  return allActions(box).findLast((each) => each.getBoundingClientRect().bottom <= end);
}

export function pressedInTalk(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const { key, currentTarget: box } = event;
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest("[popover], dialog")) return;
  if (key === "Escape") {
    focusText();
  } else if (key === "ArrowUp" || key === "ArrowDown") {
    const all = allActions(box);
    const here = all.findIndex((each) => each.closest("li") === target.closest("li"));
    const next = here < 0 ? lastInView(box) : all[here + (key === "ArrowUp" ? -1 : 1)];
    next?.focus();
  } else return;
  event.preventDefault();
}
