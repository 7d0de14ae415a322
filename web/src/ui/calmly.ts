// For what takes long to draw and changes often.

import { effect, type ReadonlySignal } from "@preact/signals";

const PAUSE = 250; // ms

/** Tells a signal's value, now and whenever it changes: at once, but where many changes come at the
 * same time only the last of each pause. Returns what ends that. */
export function calmly<T>(source: ReadonlySignal<T>, tell: (value: T) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waits = false;

  function told(): void {
    waits = false;
    timer = setTimeout(rested, PAUSE);
    tell(source.peek());
  }

  function rested(): void {
    timer = undefined;
    if (waits) told();
  }

  const end = effect(() => {
    source.value;
    if (timer === undefined) told();
    else waits = true;
  });
  return () => {
    end();
    clearTimeout(timer);
  };
}
