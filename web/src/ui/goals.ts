// Where one could go, by a part of the name: rooms, conversations, people, and a room that may be new.

import { dashed, roomName } from "../address";
import type { Chat } from "../chat/chat";
import type { Place } from "../chat/place";

const MOST = 30; // are offered

export interface Goal {
  room: string; // `lobby`, or `@bob`
  place?: Place; // where one is already
  isNew?: boolean; // a room in which one isn't
}

/** What fits `part`, the best first: names that begin with it, then what isn't read. */
export function goals(chat: Chat, part: string, people: boolean): Goal[] {
  const name = dashed(part);
  const wanted = name.toLowerCase();
  const bare = wanted.replace(/^[#@]/, "");
  const offered = [...places(chat, people), ...others(chat)];
  const found = offered
    .filter(({ room }) => fits(room, wanted))
    .map((goal) => ({ goal, rank: rank(goal, bare) }))
    .sort((one, other) => other.rank - one.rank)
    .map(({ goal }) => goal)
    .slice(0, MOST);
  const room = people ? "" : roomName(name);
  if (room && !offered.some((goal) => goal.room === room)) found.push({ room, isNew: true });
  return found;
}

function places(chat: Chat, people: boolean): Goal[] {
  return [...chat.places()]
    .filter((place) => (people ? place.isPrivate : place !== chat.current.value))
    .map((place) => ({ room: place.room.value, place }));
}

/** Those who are in any of one's rooms, and to whom one has not spoken so far. */
function others(chat: Chat): Goal[] {
  const nicks = new Set<string>();
  for (const { members } of chat.rooms.value) {
    for (const [user, nick] of members.value) if (user !== chat.me.user) nicks.add(`@${nick}`);
  }
  const known = new Set(chat.talks.value.map(({ room }) => room.value));
  return [...nicks]
    .filter((nick) => !known.has(nick))
    .sort((one, other) => one.localeCompare(other))
    .map((room) => ({ room }));
}

/** `#te` finds rooms only, `@te` people only. */
function fits(room: string, wanted: string): boolean {
  const name = room.startsWith("@") ? room : `#${room}`;
  return name.toLowerCase().includes(wanted);
}

function rank({ room, place }: Goal, bare: string): number {
  const begins = room.replace(/^@/, "").toLowerCase().startsWith(bare);
  return (
    (begins ? 4 : 0) + ((place?.mentions.value ?? 0) > 0 ? 2 : 0) + ((place?.unread.value ?? 0) > 0 ? 1 : 0)
  );
}
