// Which keys do what.

import { SHORTCUTS } from "../shortcuts";
import { t } from "../texts";
import { Dialog } from "./dialog";
import "./settings.css";

export function Shortcuts({ onClose }: { onClose: () => void }) {
  const { shortcuts } = t();
  return (
    <Dialog id="shortcuts" title={shortcuts.title} onClose={onClose}>
      <dl>
        {SHORTCUTS.map(({ name, keys, outside }) => (
          <div key={name}>
            <dt>
              {keys.map((key, index) => (
                <>
                  {index > 0 && ` ${shortcuts.or} `}
                  <kbd>{key}</kbd>
                </>
              ))}
            </dt>
            <dd>
              {shortcuts[name]}
              {outside && <small> ({shortcuts.typing})</small>}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
