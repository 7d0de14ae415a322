// What the beginning of a line says about it.

export const FENCE = "```";
const QUOTED = /^>(?=[ >]|$)/; // not ">:(" and not ">_<"

/** Whether a line is a part of a quote. */
export function isQuoted(line: string): boolean {
  return QUOTED.test(line);
}

/** Whether a line begins or ends code. */
export function isFence(line: string): boolean {
  return line.startsWith(FENCE);
}
