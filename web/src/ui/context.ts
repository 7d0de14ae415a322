// What all components know: the chat.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Chat } from "../chat/chat";

export const ChatContext = createContext<Chat | null>(null);

/** The chat that this component shows. */
export function useChat(): Chat {
  const chat = useContext(ChatContext);
  if (!chat) throw new Error("there is no chat around this component");
  return chat;
}
