// What the browser remembers for us, as far as it lets us: in "localStorage" for all tabs, in
// "sessionStorage" for this one.

export type Store = "localStorage" | "sessionStorage";

/** What was remembered, or `otherwise`. */
export function remembered<Value>(store: Store, key: string, otherwise: Value): Value {
  try {
    return (JSON.parse(globalThis[store].getItem(key) ?? "null") as Value | null) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Remember what JSON can say. */
export function remember(store: Store, key: string, value: unknown): void {
  try {
    globalThis[store].setItem(key, JSON.stringify(value));
  } catch {
    // Storage is off or full: a reload begins anew.
  }
}
