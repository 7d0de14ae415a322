// The dialog that is open, if any.

import { later } from "./later";
import { showing } from "./showing";

const Finding = later(async () => (await import("./finding")).Finding);
const Rooms = later(async () => (await import("./rooms")).Rooms);
const Settings = later(async () => (await import("./settings")).Settings);
const Shortcuts = later(async () => (await import("./shortcuts-list")).Shortcuts);
const TopicDialog = later(async () => (await import("./topic-dialog")).TopicDialog);

export function Dialogs() {
  const close = () => {
    showing.value = null;
  };
  switch (showing.value) {
    case "rooms":
      return <Rooms onClose={close} />;
    case "people":
      return <Finding key="people" people onClose={close} />;
    case "switcher":
      return <Finding key="all" onClose={close} />;
    case "topic":
      return <TopicDialog onClose={close} />;
    case "settings":
      return <Settings onClose={close} />;
    case "shortcuts":
      return <Shortcuts onClose={close} />;
    default:
      return null;
  }
}
