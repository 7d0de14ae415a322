// Whether one wants notifications on the desktop.

import { askForNotifications, notifications, stopNotifications } from "../notify";
import { t } from "../texts";

export function NotificationsSwitch() {
  const { settings, notifications: texts } = t();
  const state = notifications.value;
  const impossible = state === "denied" || state === "unsupported";
  const change = async (input: HTMLInputElement) => {
    if (input.checked) await askForNotifications();
    else stopNotifications();
    input.checked = notifications.value === "on"; // whatever the user has answered
  };
  return (
    <>
      <label class="row">
        {settings.notifications}
        <input
          type="checkbox"
          checked={state === "on"}
          disabled={impossible}
          aria-describedby="no-notifications"
          onChange={({ currentTarget }) => void change(currentTarget)}
        />
      </label>
      <p id="no-notifications" class="help" hidden={!impossible}>
        {impossible && texts[state]}
      </p>
    </>
  );
}
