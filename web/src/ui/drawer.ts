// What lies over the conversation takes the focus when it opens, closes when one has chosen where to
// go, and gives the focus back.

import { useEffect } from "preact/hooks";
import { uncover } from "./layout";

/** `button` is the id of what opens it. */
export function useDrawer(panel: { current: HTMLElement | null }, open: boolean, button: string): void {
  useEffect(() => {
    const { current } = panel;
    if (!open || !current) return;
    const here = current.querySelector<HTMLElement>("[aria-current]");
    (here ?? current.querySelector<HTMLElement>("a, button"))?.focus();
    const click = ({ target }: Event) => (target as Element).closest("a") && uncover();
    current.addEventListener("click", click);
    return () => {
      current.removeEventListener("click", click);
      const { activeElement } = document;
      if (activeElement === document.body || current.contains(activeElement)) {
        document.getElementById(button)?.focus();
      }
    };
  }, [open]);
}
