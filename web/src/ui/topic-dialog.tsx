// Gives the room another topic.

import { useState } from "preact/hooks";
import { Refused } from "../link";
import { errorText, t } from "../texts";
import { useChat } from "./context";
import { Dialog } from "./dialog";
import { focusText } from "./showing";

export function TopicDialog({ onClose }: { onClose: () => void }) {
  const chat = useChat();
  const [place] = useState(chat.current.value);
  const [text, setText] = useState(place.topic.value);
  const [problem, setProblem] = useState("");
  const { header, naming, shell } = t();
  const save = async (event: Event) => {
    event.preventDefault();
    try {
      await chat.setTopic(place, text.trim());
      onClose();
      focusText();
    } catch (refused) {
      setProblem(refused instanceof Refused ? errorText(refused.code, refused.message) : naming.lost);
    }
  };
  return (
    <Dialog id="topic-dialog" title={header.changeTopic} onClose={onClose}>
      <form onSubmit={save}>
        <input
          aria-label={header.topic}
          aria-describedby="topic-problem"
          dir="auto"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        <p id="topic-problem" class="problem" role="alert">
          {problem}
        </p>
        <div class="buttons">
          <button type="button" onClick={onClose}>
            {naming.cancel}
          </button>
          <button type="submit">{shell.save}</button>
        </div>
      </form>
    </Dialog>
  );
}
