// All emoji to choose one from, over what one was looking at: loaded when it is first wanted.

import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../texts";
import { useChat } from "./context";

export interface EmojiPickerProps {
  onPick: (emoji: string) => void; // the picker has closed itself
  onClose: () => void; // whatever was picked or not: take it out of the document
}

export function EmojiPicker(props: EmojiPickerProps) {
  const chat = useChat();
  const [loaded, set] = useState<{ Dialog: FunctionComponent<EmojiPickerProps> } | null>(null);
  useEffect(() => {
    import("./emoji-dialog").then(
      ({ EmojiDialog }) => set({ Dialog: EmojiDialog }),
      () => {
        chat.tell({ what: "error", code: "", text: t().emoji.failed });
        props.onClose();
      },
    );
  }, []);
  return loaded && <loaded.Dialog {...props} />;
}
