// How much room there is, and what lies over the conversation where there is little.

import { computed, type Signal, signal } from "@preact/signals";
import { searching } from "./searching";

/** The side list and the people have columns of their own. */
export const wide = matching("(width >= 64rem)");
/** Not even the side list has one. */
export const phone = matching("(width < 44rem)");

/** What was opened where it has no column. */
export const drawer = signal<"places" | "people" | null>(null);

/** Something lies over the conversation, which can't be used meanwhile. */
export const covered = computed(
  () =>
    (drawer.value === "places" && phone.value) ||
    (drawer.value === "people" && !wide.value) ||
    (searching.value !== null && !wide.value),
);

/** Go back to the conversation. */
export function uncover(): void {
  drawer.value = null;
  if (!wide.value) searching.value = null;
}

function matching(query: string): Signal<boolean> {
  const list = matchMedia(query);
  const matches = signal(list.matches);
  list.addEventListener("change", () => {
    matches.value = list.matches;
    drawer.value = null; // what was over the conversation may stand beside it now
  });
  return matches;
}
