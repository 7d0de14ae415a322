// Keeps the address of the page and what is looked at the same.

import { effect } from "@preact/signals";
import { addressedRoom, addressOf, namedByAddress } from "./address";
import type { Chat } from "./chat/chat";
import { t } from "./texts";

/** Have the chat look at what the address names, and the address name what the chat looks at. */
export function followAddress(chat: Chat): void {
  const look = () => {
    const wrong = location.hash !== "" && namedByAddress() === "";
    chat.open(addressedRoom());
    if (wrong) chat.tell({ what: "error", code: "", text: t().places.noRoom });
  };
  addEventListener("hashchange", look);
  look();
  effect(() => {
    const address = addressOf(chat.current.value.room.value);
    if (location.hash === address) return;
    // What was left, or has another name now, is nothing to go back to; nor is one's own place.
    const there = namedByAddress() !== "" ? chat.placeNamed(namedByAddress()) : undefined;
    if (there && there !== chat.current.value) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  });
}
