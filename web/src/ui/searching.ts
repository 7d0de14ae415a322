// What is being looked for, and the message that was found: the search panel, the composer's /search
// and the list of messages share it.

import { signal } from "@preact/signals";

/** The words that are looked for; null: nobody looks for anything. */
export const searching = signal<string | null>(null);

/** A message that is to be scrolled to and to stand out for a moment. */
export const highlighted = signal<{ room: string; seq: number } | null>(null);
