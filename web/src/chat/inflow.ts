// What comes into one place over one connection. The next connection has another one, so that
// nothing which the one before left half done can be mistaken for its own.

import { signal } from "@preact/signals";
import type { Entry } from "../protocol";

export class Inflow {
  /** What comes before is being read just now. */
  readonly filling = signal(false);
  /** What comes before is to be read first. */
  behind = false;
  /** Entries that came meanwhile. */
  waiting: Entry[] = [];
}
