// Which of the rows stand in the document: those in view, and some before and after them.

export const MOST = 160; // rows in the document
const NEAR = 25; // rows between what is in view and the edge: with fewer, it is time for others

/** The rows from `from` to before `to`. */
export interface Slice {
  from: number;
  to: number;
}

/** The slice for rows of which those from `first` to `last` are in view: the one that there is, for as
 * long as it will do. */
export function sliceFor(count: number, first: number, last: number, now: Slice): Slice {
  const before = now.from === 0 || first - now.from >= NEAR;
  const after = now.to === count || now.to - 1 - last >= NEAR;
  const fits = now.to <= count && now.to - now.from <= MOST && now.from < now.to;
  if (before && after && fits && first >= now.from && last < Math.max(now.to, 1)) return now;
  const around = Math.max(0, Math.floor((MOST - (last - first + 1)) / 2));
  const from = Math.max(0, Math.min(first - around, count - MOST));
  return { from, to: Math.min(count, from + MOST) };
}

/** The slice for who sees the newest: it grows, and begins further down then. */
export function sliceAtEnd(count: number, now: Slice): Slice {
  const size = count - now.from;
  if (now.to === count && size <= MOST && (size >= MOST / 2 || now.from === 0)) return now;
  const grown = now.from < count && now.to <= count && size <= MOST && size >= MOST / 2;
  return { from: grown ? now.from : Math.max(0, count - Math.ceil(MOST * 0.75)), to: count };
}
