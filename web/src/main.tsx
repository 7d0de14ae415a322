// The page begins here.

import { render } from "preact";
import { addressedRoom, followAddress } from "./address";
import { Chat } from "./chat/chat";
import { connectSockJS } from "./sockets";
import { App } from "./ui/app";
import { ChatContext } from "./ui/context";
import { watchBrowser } from "./waking";
import "./ui/base.css";

const chat = new Chat(connectSockJS, addressedRoom());
followAddress(chat);
watchBrowser(chat);
render(
  <ChatContext.Provider value={chat}>
    <App />
  </ChatContext.Provider>,
  document.getElementById("app")!,
);
chat.start();
