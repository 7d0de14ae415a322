// Whether one can leave a place: somewhere one has to be.

import { LOBBY } from "../address";
import type { Chat } from "../chat/chat";
import type { Place } from "../chat/place";

export function canLeave(chat: Chat, place: Place): boolean {
  return place.room.value !== LOBBY || [...chat.places()].length > 1;
}
