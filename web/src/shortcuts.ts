// The keys that do something wherever one is: one table, which is also what `?` shows.

import type { Chat } from "./chat/chat";
import type { Place } from "./chat/place";
import { covered, uncover } from "./ui/layout";
import { searching } from "./ui/searching";
import { focusText, showing } from "./ui/showing";

interface Shortcut {
  name:
    | "previous"
    | "next"
    | "previousUnread"
    | "nextUnread"
    | "switcher"
    | "search"
    | "escape"
    | "scroll"
    | "help";
  keys: readonly string[]; // as they are written on a keyboard, and below
  outside?: boolean; // only where no text is typed
  does: (chat: Chat, event: KeyboardEvent) => void;
}

export const SHORTCUTS: readonly Shortcut[] = [
  { name: "previous", keys: ["Alt+↑"], does: (chat) => step(chat, -1) },
  { name: "next", keys: ["Alt+↓"], does: (chat) => step(chat, 1) },
  { name: "previousUnread", keys: ["Alt+Shift+↑"], does: (chat) => step(chat, -1, isUnread) },
  { name: "nextUnread", keys: ["Alt+Shift+↓"], does: (chat) => step(chat, 1, isUnread) },
  {
    name: "switcher",
    keys: ["Ctrl+K"],
    does: () => {
      showing.value = "switcher";
    },
  },
  {
    name: "search",
    keys: ["Ctrl+Shift+F"],
    does: () => {
      searching.value ??= "";
      document.getElementById("words")?.focus();
    },
  },
  { name: "scroll", keys: ["Page ↑", "Page ↓"], does: (_, { key }) => scroll(key === "PageUp" ? -1 : 1) },
  { name: "escape", keys: ["Esc"], does: back },
  {
    name: "help",
    keys: ["?"],
    outside: true,
    does: () => {
      showing.value = "shortcuts";
    },
  },
];

/** What the message field and the list of messages make of keys by themselves. */
export const FIELD_KEYS = [
  { name: "send", keys: ["Enter"] },
  { name: "newLine", keys: ["Shift+Enter"] },
  { name: "complete", keys: ["Tab"] },
  { name: "editLast", keys: ["↑"] },
] as const;
export const MESSAGE_KEYS = [
  { name: "message", keys: ["↑", "↓"] },
  { name: "reply", keys: ["R"] },
  { name: "edit", keys: ["E"] },
] as const;

const NAMES: Record<string, string> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  PageUp: "Page ↑",
  PageDown: "Page ↓",
  Escape: "Esc",
};

const PAGE = 0.9; // of the height: the last line stays in view

/** Do what the keys say. Returns what ends that. */
export function listenToKeys(chat: Chat): () => void {
  const press = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || isCovered()) return;
    const pressed = pressedKeys(event);
    const found = SHORTCUTS.find(({ keys }) => keys.includes(pressed));
    if (!found || (found.outside && isTyping(event))) return;
    if (found.name === "scroll" && (event.target as Element).closest(".drawer")) return; // it has its own
    event.preventDefault();
    found.does(chat, event);
  };
  addEventListener("keydown", press);
  return () => removeEventListener("keydown", press);
}

/** "Alt+Shift+↑". The command key of a Mac counts as Ctrl. */
function pressedKeys({ key, altKey, ctrlKey, metaKey, shiftKey }: KeyboardEvent): string {
  const name = NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);
  const isSign = key.length === 1 && key.toUpperCase() === key.toLowerCase();
  const held = [
    (ctrlKey || metaKey) && "Ctrl",
    altKey && "Alt",
    shiftKey && !isSign && "Shift", // which some keyboards need for a sign, and others don't
  ];
  return [...held.filter(Boolean), name].join("+");
}

/** Whether something is open that takes the keys. */
function isCovered(): boolean {
  return document.querySelector("dialog[open], [popover]:popover-open") !== null;
}

function isTyping({ target }: Event): boolean {
  return target instanceof Element && target.matches("input, textarea, select, [contenteditable]");
}

function isUnread(place: Place): boolean {
  return place.unread.value > 0;
}

/** Go to the next place of the list that is wanted, round at its ends. */
function step(chat: Chat, by: 1 | -1, wanted: (place: Place) => boolean = () => true): void {
  const places = [...chat.places()];
  const here = places.indexOf(chat.current.value);
  const after = by > 0 ? places.slice(here + 1) : places.slice(0, here).reverse();
  const before = by > 0 ? places.slice(0, here) : places.slice(here + 1).reverse();
  const found = [...after, ...before].find(wanted);
  if (found) chat.open(found.room.value);
}

function scroll(pages: number): void {
  const talk = document.getElementById("talk");
  talk?.scrollBy(0, pages * PAGE * talk.clientHeight);
}

/** Out of what lies over the conversation, else back to what one writes, else to the newest. */
function back(): void {
  if (covered.value) uncover();
  else if (searching.value !== null) searching.value = null;
  else if (document.activeElement?.id !== "text") focusText();
  else document.getElementById("newer")?.click();
}
