// When something was said: the hour, and all of it for who points at it.

import { clock, fullTime } from "../texts/when";

export function Time({ time }: { time: string }) {
  return (
    <time dateTime={time} title={fullTime(time)}>
      {clock(time)}
    </time>
  );
}
