// What one said and the server has not confirmed. However much that is, only so much is shown: rows
// in the document cost time, and who is away for long may write a lot.

import type { Place } from "../chat/place";
import { t } from "../texts";
import { useChat } from "./context";
import { TalkRow } from "./talk-row";

const MOST = 30; // with the rows of the log, whose number is bounded too

export function TalkPending({ place, unfold }: { place: Place; unfold: (key: string) => void }) {
  const nick = useChat().self.value.nick;
  const { talk } = t();
  const all = place.pending.value;
  return (
    <ol id="pending" aria-label={talk.pending}>
      {all.length > MOST && (
        <li class="notice">
          <p>{talk.waiting(all.length - MOST)}</p>
        </li>
      )}
      {all.slice(-MOST).map((message) => (
        <TalkRow
          key={message.msgid} // the other one changes when it becomes known who one is
          row={{ kind: "message", key: message.key, message, compact: false }}
          place={place}
          nick={nick}
          active={false}
          lit={false}
          unfold={unfold}
        />
      ))}
    </ol>
  );
}
