// Which dialog is open.

import { signal } from "@preact/signals";

export type Showing = "rooms" | "people" | "switcher" | "topic" | "name" | "settings" | "shortcuts";

export const showing = signal<Showing | null>(null);

/** Have what one types go into the message again. */
export function focusText(): void {
  document.getElementById("text")?.focus();
}
