// Times as one writes them in the language of the page. A time is RFC 3339, as the server says it.

import { locale } from "./index";

const DAY = 86_400_000; // ms

/** "09:05", "9:05 AM" */
export function clock(time: string): string {
  return format(time, { hour: twelveHours() ? "numeric" : "2-digit", minute: "2-digit" });
}

/** Whether the hours are counted twice to twelve, so that `clock` says which of the two it means. */
export function twelveHours(): boolean {
  return formatOf({ hour: "numeric" }).resolvedOptions().hour12 ?? false;
}

/** "Friday, 6 March 2026 at 14:05:09" */
export function fullTime(time: string): string {
  return format(time, { dateStyle: "full", timeStyle: "medium" });
}

/** "today", "yesterday", or "Friday, 6 March 2026" */
export function day(time: string, now = Date.now()): string {
  const ago = Math.round((midnight(now) - midnight(Date.parse(time))) / DAY);
  if (ago !== 0 && ago !== 1) return format(time, { dateStyle: "full" });
  return new Intl.RelativeTimeFormat(locale.value, { numeric: "auto" }).format(-ago, "day");
}

/** "1,200" */
export function digits(count: number): string {
  return count.toLocaleString(locale.value);
}

/** The first moment of a day, here. */
function midnight(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

const formats = new Map<string, Intl.DateTimeFormat>(); // making one takes long

function format(time: string, options: Intl.DateTimeFormatOptions): string {
  return formatOf(options).format(new Date(time));
}

function formatOf(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([locale.value, options]);
  let made = formats.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat(locale.value, options);
    formats.set(key, made);
  }
  return made;
}
