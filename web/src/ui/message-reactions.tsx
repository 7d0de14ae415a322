// The reactions to a message: one's own can be taken back, others' joined.

import type { Place } from "../chat/place";
import type { Message } from "../model";
import { t } from "../texts";
import { digits } from "../texts/when";
import { useChat } from "./context";

const MOST = 20; // different ones that are shown with a message

interface MessageReactionsProps {
  message: Message;
  place: Place;
  active: boolean;
}

export function MessageReactions({ message, place, active }: MessageReactionsProps) {
  const chat = useChat();
  return (
    <ul class="reactions" aria-label={t().message.reactions}>
      {message.reactions.slice(0, MOST).map(({ text, people, mine }) => (
        <li key={text}>
          <button
            type="button"
            class="reaction"
            aria-pressed={mine}
            title={people.map(({ nick }) => nick).join(", ")}
            tabIndex={active ? 0 : -1}
            onClick={() => chat.react(place, message, text, !mine)}
          >
            <bdi>{text}</bdi> {digits(people.length)}
          </button>
        </li>
      ))}
    </ul>
  );
}
