// Leads from what somebody said to a conversation with that very person.

import { addressOf } from "../address";
import type { Chat } from "../chat/chat";

/** Talk with who said something under this nick, which may be somebody else's by now. */
export function talkWith(chat: Chat, user: string, nick: string): void {
  location.hash = addressOf(`@${nameNow(chat, user, nick)}`);
}

function nameNow(chat: Chat, user: string, nick: string): string {
  const talk = chat.placeNamed(`@+${user}`);
  if (talk) return talk.room.value.slice(1);
  const members = chat.rooms.value.map((room) => room.members.value);
  const known = members.find((all) => all.has(user));
  if (known) return known.get(user)!;
  const isAnothers = members.some((all) => [...all.values()].includes(nick));
  return user && isAnothers ? `+${user}` : nick;
}
