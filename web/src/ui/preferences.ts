// What somebody chose of what is shown; remembered in this browser.

import { signal } from "@preact/signals";
import { remember, remembered } from "../memory";

/** Whether it is shown who joined and left. */
export const comings = signal(remembered("localStorage", "comings", true));

export function setComings(shown: boolean): void {
  comings.value = shown;
  remember("localStorage", "comings", shown);
}
