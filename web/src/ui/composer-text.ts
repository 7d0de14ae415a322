// What stands in the field of a place: a draft, or the other text of a message that is edited there.

import { effect, signal } from "@preact/signals";
import type { Place } from "../chat/place";
import { draftIn, keepDraft } from "../drafts";
import type { Message } from "../model";
import { editing, replying, type Said } from "./composing";

const edited = signal("");

// The draft stays where it is, and is there again afterwards.
effect(() => {
  edited.value = editing.value?.message.text ?? "";
});

/** The message that is edited in this place, if any. */
export function editedIn(place: Place): Message | null {
  return here(editing.value, place);
}

/** The message that is answered in this place, if any. */
export function answeredIn(place: Place): Message | null {
  return here(replying.value, place);
}

export function textIn(place: Place): string {
  return editedIn(place) ? edited.value : draftIn(place);
}

export function setText(place: Place, text: string): void {
  if (editedIn(place)) edited.value = text;
  else keepDraft(place, text);
}

function here(said: Said | null, place: Place): Message | null {
  return said?.place === place ? said.message : null;
}
