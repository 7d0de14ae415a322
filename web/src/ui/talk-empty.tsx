// Says of a place that nothing was said in it, once that is known.

import type { Place } from "../chat/place";
import { t } from "../texts";

export function TalkEmpty({ place }: { place: Place }) {
  const { hasOlder } = place.shown.value;
  const waits = !place.ready.value || place.filling || place.epoch === null;
  if (waits || hasOlder.value || place.pending.value.length > 0) return null;
  return <p class="empty">{t().talk.empty}</p>;
}
