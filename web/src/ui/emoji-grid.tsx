// Emoji in rows: one of them is reached by Tab, the others from there by the arrows.

import { useRef, useState } from "preact/hooks";
import type { Emoji } from "../emoji";
import { toned } from "../emoji/chosen";

const COLUMNS = 8;

export interface EmojiGridProps {
  emoji: readonly Emoji[];
  tone: number;
  onPick: (emoji: Emoji) => void;
}

export function EmojiGrid({ emoji, tone, onPick }: EmojiGridProps) {
  const table = useRef<HTMLTableElement>(null);
  const [active, activate] = useState(0);
  const keys = (event: KeyboardEvent) => {
    const to = goal(event.key, active, emoji.length, getComputedStyle(table.current!).direction === "rtl");
    if (to === null) return;
    event.preventDefault();
    activate(to);
    table.current!.querySelectorAll<HTMLElement>("button")[to]!.focus();
  };
  const rows = Array.from({ length: Math.ceil(emoji.length / COLUMNS) }, (_, row) => row * COLUMNS);
  return (
    // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a grid is a table that keys move in
    <table ref={table} role="grid" onKeyDown={keys}>
      <tbody>
        {rows.map((first) => (
          <tr key={first}>
            {emoji.slice(first, first + COLUMNS).map((each, column) => (
              <td key={each.emoji}>
                <button
                  type="button"
                  tabIndex={first + column === active ? 0 : -1}
                  aria-label={each.name}
                  title={`${each.name} :${each.names[0]}:`}
                  onFocus={() => activate(first + column)}
                  onClick={() => onPick(each)}
                >
                  {toned(each, tone)}
                </button>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Where a key leads to; null: nowhere. */
function goal(key: string, at: number, count: number, turned: boolean): number | null {
  const forth = turned ? -1 : 1;
  const steps: Record<string, number> = {
    ArrowRight: forth,
    ArrowLeft: -forth,
    ArrowDown: COLUMNS,
    ArrowUp: -COLUMNS,
    PageDown: 5 * COLUMNS,
    PageUp: -5 * COLUMNS,
    Home: -(at % COLUMNS),
    End: COLUMNS - 1 - (at % COLUMNS),
  };
  const step = Object.hasOwn(steps, key) ? steps[key]! : null;
  return step === null ? null : Math.min(Math.max(at + step, 0), count - 1);
}
