// The dialog that is open, if any.

import { Finding } from "./finding";
import { Rooms } from "./rooms";
import { Settings } from "./settings";
import { Shortcuts } from "./shortcuts-list";
import { showing } from "./showing";
import { TopicDialog } from "./topic-dialog";

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
