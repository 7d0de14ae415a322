// How the places are called in the lists, and how much isn't read in them.

import type { Place } from "../chat/place";
import { digits } from "../texts/when";

const MOST = 99; // a higher count is only said to be higher

/** "#lobby", or "@bob". */
export function nameOf(place: Place): string {
  const room = place.room.value;
  return place.isPrivate ? room : `#${room}`;
}

/** "3", "99+", or "3+" if there are others that nobody has counted. */
export function unreadText(count: number, beyond: boolean): string {
  return `${digits(Math.min(count, MOST))}${count > MOST || beyond ? "+" : ""}`;
}
