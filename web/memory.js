// What the browser remembers for us, as far as it lets us: in "localStorage" for all tabs, in
// "sessionStorage" for this one.

/** What was remembered, or `otherwise`. */
export function remembered(store, key, otherwise) {
  try {
    return JSON.parse(window[store].getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Remember what JSON can say. */
export function remember(store, key, value) {
  try {
    window[store].setItem(key, JSON.stringify(value));
  } catch {
    // Storage is off or full: a reload begins anew.
  }
}
