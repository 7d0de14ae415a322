// What a room is about; whoever is in it may change that.

import type { Place } from "../chat/place";
import { t } from "../texts";
import { useChat } from "./context";
import { IconButton } from "./icons";
import { RichText } from "./rich-text";
import { showing } from "./showing";

export function Topic({ place }: { place: Place }) {
  const { nick } = useChat().self.value;
  const topic = place.topic.value;
  return (
    <div class="topic">
      <div id="topic" dir="auto" title={topic}>
        {topic && <RichText text={topic} nick={nick} />}
      </div>
      {!place.isPrivate && (
        <IconButton
          id="change-topic"
          name="pencil"
          label={topic ? t().header.changeTopic : t().header.setTopic}
          onClick={() => {
            showing.value = "topic";
          }}
        />
      )}
    </div>
  );
}
