// What a room is about; whoever is in it may change that.

import type { Place } from "../chat/place";
import { t } from "../texts";
import { useChat } from "./context";
import { IconButton } from "./icons";
import { useIsHere } from "./place-row";
import { RichText } from "./rich-text";
import { showing } from "./showing";

export function Topic({ place }: { place: Place }) {
  return place.isPrivate ? <Presence place={place} /> : <RoomTopic place={place} />;
}

/** Of a conversation: whether its other side is here. */
function Presence({ place }: { place: Place }) {
  const here = useIsHere(place);
  return (
    <p class={here ? "topic presence-text here" : "topic presence-text"}>
      {here ? t().people.here : t().people.away}
    </p>
  );
}

function RoomTopic({ place }: { place: Place }) {
  const { nick } = useChat().self.value;
  const topic = place.topic.value;
  return (
    <div class="topic">
      <div id="topic" dir="auto" title={topic}>
        {topic && <RichText text={topic} nick={nick} />}
      </div>
      <IconButton
        id="change-topic"
        name="pencil"
        label={topic ? t().header.changeTopic : t().header.setTopic}
        onClick={() => {
          showing.value = "topic";
        }}
      />
    </div>
  );
}
