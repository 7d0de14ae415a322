// What everybody may have as they like it, and being the same user on another device.

import { useState } from "preact/hooks";
import { CHOICES, type Choice, chosenLanguage, setLanguage, t } from "../texts";
import { useChat } from "./context";
import { Dialog } from "./dialog";
import { NotificationsSwitch } from "./notifications-switch";
import { comings, setComings } from "./preferences";
import "./settings.css";

const LANGUAGES: Record<Exclude<Choice, "auto">, string> = { en: "English", de: "Deutsch" };
const SESSION = /^(?:\/session\s+)?(\S+\.\S+)(?:\s+\S+)?$/; // also as telnet shows it: with the nick
const SHOWN = 2_000; // ms: that something was copied

export function Settings({ onClose }: { onClose: () => void }) {
  const { settings } = t();
  return (
    <Dialog id="settings" title={settings.title} onClose={onClose}>
      <label class="row">
        {settings.language}
        <select
          value={chosenLanguage.value}
          onChange={({ currentTarget }) => void setLanguage(currentTarget.value as Choice)}
        >
          {CHOICES.map((each) => (
            <option key={each} value={each} lang={each === "auto" ? undefined : each}>
              {each === "auto" ? settings.auto : LANGUAGES[each]}
            </option>
          ))}
        </select>
      </label>
      <label class="row">
        {settings.comings}
        <input
          type="checkbox"
          checked={comings.value}
          onChange={({ currentTarget }) => setComings(currentTarget.checked)}
        />
      </label>
      <NotificationsSwitch />
      <h3>{settings.session}</h3>
      <p class="help">{settings.sessionHelp}</p>
      <Session />
      <OtherSession onClose={onClose} />
    </Dialog>
  );
}

function Session() {
  const { session } = useChat();
  const [shown, setShown] = useState(false);
  const [copied, setCopied] = useState(false);
  const { settings } = t();
  if (!shown) {
    return (
      <button type="button" disabled={session === ""} onClick={() => setShown(true)}>
        {settings.show}
      </button>
    );
  }
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(session);
    } catch {
      return; // it was not permitted; it can be taken from the field
    }
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN);
  };
  return (
    <p class="line">
      <input
        aria-label={settings.word}
        readOnly
        value={session}
        onFocus={({ currentTarget }) => currentTarget.select()}
      />
      {navigator.clipboard && (
        <button type="button" onClick={copy}>
          <span role="status">{copied ? settings.copied : settings.copy}</span>
        </button>
      )}
    </p>
  );
}

function OtherSession({ onClose }: { onClose: () => void }) {
  const chat = useChat();
  const [typed, setTyped] = useState("");
  const [wrong, setWrong] = useState(false);
  const { settings } = t();
  const become = (event: Event) => {
    event.preventDefault();
    const session = SESSION.exec(typed.trim())?.[1];
    if (!session) {
      setWrong(true);
      return;
    }
    chat.become(session);
    onClose();
  };
  return (
    <form onSubmit={become}>
      <label>
        {settings.paste}
        <input
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          aria-invalid={wrong}
          value={typed}
          onInput={({ currentTarget }) => {
            setTyped(currentTarget.value);
            setWrong(false);
          }}
        />
      </label>
      <p class="problem" role="alert">
        {wrong && settings.noWord}
      </p>
      <div class="buttons">
        <button type="submit" disabled={typed.trim() === ""}>
          {settings.become}
        </button>
      </div>
    </form>
  );
}
