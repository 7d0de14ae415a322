// What one began to type and did not send, in each place. It outlives a reload.

import { computed, signal } from "@preact/signals";
import type { Place } from "./chat/place";
import { remember, remembered } from "./memory";

const MOST = 50; // places: of more the oldest are forgotten
const LONGEST = 20_000; // UTF-16 units of each that are remembered

type Texts = ReadonlyMap<string, string>; // by the addresses of the places, the oldest first

const kept = signal<Texts>(stored());

/** What stands in the fields of places, by their addresses; only where anything does. */
export const drafts = computed(() => kept.value);

/** What stands in the field of a place; "" if nothing does. */
export function draftIn({ address, room }: Place): string {
  // It may have been begun before it was known who is behind `@nick`.
  return kept.value.get(address) ?? kept.value.get(room.value) ?? "";
}

/** This stands in the field of a place now. */
export function keepDraft(place: Place, text: string): void {
  if (text === draftIn(place)) return;
  kept.value = having(kept.value, place, text);
  // Another tab may have drafts in other places.
  remember("localStorage", "drafts", [...having(stored(), place, text.slice(0, LONGEST))]);
}

function stored(): Texts {
  const found = remembered<unknown>("localStorage", "drafts", []);
  return new Map(Array.isArray(found) ? found.filter(isDraft) : []);
}

function isDraft(found: unknown): found is [string, string] {
  return Array.isArray(found) && found.length === 2 && found.every((each) => typeof each === "string");
}

function having(texts: Texts, { address, room }: Place, text: string): Texts {
  const others = [...texts].filter(([each]) => each !== address && each !== room.value);
  if (text !== "") others.push([address, text]);
  return new Map(others.slice(-MOST));
}
