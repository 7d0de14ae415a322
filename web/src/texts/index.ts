// The words of the page, in the language of whoever looks at it.

import { signal } from "@preact/signals";
import { en, type Texts } from "./en";

const current = signal<Texts>(en);

/** The texts; a component that uses them is shown anew when the language changes. */
export function t(): Texts {
  return current.value;
}
