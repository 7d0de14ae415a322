// The rows of what is shown, as long as one may come back to it.

import { useMemo } from "preact/hooks";
import type { Place } from "../chat/place";
import type { Timeline } from "../chat/timeline";
import type { Item } from "../model";
import type { Row } from "../rows/row";
import { Rows } from "../rows/rows";
import { comings } from "./preferences";

export function useRows(place: Place, unfolded: ReadonlySet<string>): readonly Row[] {
  const known = useMemo(() => new WeakMap<Timeline, Rows>(), []);
  const timeline = place.shown.value;
  const rows = known.get(timeline) ?? new Rows();
  known.set(timeline, rows);
  const items = timeline.items.value;
  return rows.of(comings.value ? items : items.filter((item) => !isPassing(item)), {
    line: place.line.value,
    missed: place.missed.value,
    more: place.unreadBeyond.value,
    unfolded,
  });
}

/** Whether somebody came or went, which not everybody wants to know. */
function isPassing(item: Item): boolean {
  return item.kind === "notice" && ["join", "leave"].includes(item.happening.what);
}
