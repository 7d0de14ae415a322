// The page begins here.

import { render } from "preact";
import { addressedRoom } from "./address";
import { Chat } from "./chat/chat";
import { followAddress } from "./following";
import { keepPage } from "./install";
import { notifyOf } from "./notify";
import { connectSockJS } from "./sockets";
import { beginToSpeak } from "./texts";
import { showUnread } from "./title";
import { App } from "./ui/app";
import { ChatContext } from "./ui/context";
import { watchBrowser } from "./waking";
import "./ui/base.css";

const chat = new Chat(connectSockJS, addressedRoom());
followAddress(chat);
watchBrowser(chat);
showUnread(chat);
notifyOf(chat);
keepPage();
// Not awaited here: a module of texts shares parts with this one, and would wait for it in turn.
void beginToSpeak().then(() =>
  render(
    <ChatContext.Provider value={chat}>
      <App />
    </ChatContext.Provider>,
    document.getElementById("app")!,
  ),
);
chat.start();
