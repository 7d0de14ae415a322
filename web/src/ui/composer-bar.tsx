// What one is writing, if it isn't something new: said above the field.

import type { Place } from "../chat/place";
import { plain } from "../text/summary";
import { t } from "../texts";
import { answeredIn, editedIn, textIn } from "./composer-text";
import { editing, replying } from "./composing";
import { useChat } from "./context";
import { IconButton } from "./icons";
import { Name } from "./name";

/** `onStop` is called when one has changed one's mind. */
export function ComposerBar({ place, onStop }: { place: Place; onStop: () => void }) {
  const answered = editedIn(place) ? null : answeredIn(place);
  return (
    <>
      <Editing place={place} onStop={onStop} />
      <p id="replying" hidden={!answered}>
        {answered && (
          <span>
            {t().composer.replying[0]}
            <Name nick={answered.from} user={answered.user} />
            {t().composer.replying[1]}: <q dir="auto">{plain(answered.text)}</q>
          </span>
        )}
        <IconButton
          id="stop-replying"
          name="close"
          label={t().composer.stopReplying}
          onClick={() => {
            replying.value = null;
            onStop();
          }}
        />
      </p>
    </>
  );
}

function Editing({ place, onStop }: { place: Place; onStop: () => void }) {
  const chat = useChat();
  const edited = editedIn(place);
  const stop = () => {
    editing.value = null;
    onStop();
  };
  const erase = () => {
    chat.erase(place, edited!);
    stop();
  };
  return (
    <p id="editing" hidden={!edited}>
      <span>{t().composer.editing}</span>
      {edited && textIn(place).trim() === "" && (
        <button id="erase" type="button" onClick={erase}>
          {t().composer.erase}
        </button>
      )}
      <button id="stop-editing" type="button" onClick={stop}>
        {t().composer.stopEditing}
      </button>
    </p>
  );
}
