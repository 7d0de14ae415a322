// Which keys do what.

import { Fragment } from "preact";
import { FIELD_KEYS, MESSAGE_KEYS, SHORTCUTS } from "../shortcuts";
import { t } from "../texts";
import { Dialog } from "./dialog";
import "./settings.css";

type Name = (typeof SHORTCUTS | typeof FIELD_KEYS | typeof MESSAGE_KEYS)[number]["name"];

interface Keys {
  name: Name;
  keys: readonly string[];
  outside?: boolean;
}

export function Shortcuts({ onClose }: { onClose: () => void }) {
  const { title, everywhere, inField, inList } = t().shortcuts;
  return (
    <Dialog id="shortcuts" title={title} onClose={onClose}>
      <List title={everywhere} all={SHORTCUTS} />
      <List title={inField} all={FIELD_KEYS} />
      <List title={inList} all={MESSAGE_KEYS} />
    </Dialog>
  );
}

function List({ title, all }: { title: string; all: readonly Keys[] }) {
  const { shortcuts } = t();
  return (
    <>
      <h3>{title}</h3>
      <dl>
        {all.map(({ name, keys, outside }) => (
          <div key={name}>
            <dt>
              {keys.map((key, index) => (
                <Fragment key={key}>
                  {index > 0 && ` ${shortcuts.or} `}
                  <kbd>{asWritten(key)}</kbd>
                </Fragment>
              ))}
            </dt>
            <dd>
              {shortcuts[name]}
              {outside && <small> ({shortcuts.typing})</small>}
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** "Strg+K", "⇧⌘F": as it is written on the keyboards of those who speak the language of the page. */
function asWritten(key: string): string {
  const names: Record<string, string> = t().shortcuts.keys;
  const named = (part: string) => part.replace(/\p{L}{2,}/gu, (word) => names[word] ?? word);
  if (!/^(Mac|iP)/.test(navigator.platform)) return named(key);
  const parts = key.split("+");
  const held = Object.entries(OF_A_MAC).filter(([name]) => parts.includes(name));
  return held.map(([, sign]) => sign).join("") + named(parts.at(-1)!);
}

const OF_A_MAC = { Alt: "⌥", Shift: "⇧", Ctrl: "⌘" }; // in the order in which they are written there
