// One message: who said it and when, its text, and what was done to it.

import { useId } from "preact/hooks";
import type { Chat } from "../chat/chat";
import type { Place } from "../chat/place";
import type { Message } from "../model";
import { isAction } from "../rows/row";
import { t } from "../texts";
import { fullTime } from "../texts/when";
import { useChat } from "./context";
import { MessageActions } from "./message-actions";
import { MessageReactions } from "./message-reactions";
import { Name } from "./name";
import { RichText } from "./rich-text";
import { Time } from "./talk-time";

export interface MessageRowProps {
  message: Message;
  compact: boolean; // the one before has its name
  place: Place;
  nick: string; // one's own
  active: boolean; // the focus is in it
  lit: boolean; // it was looked for
}

export function MessageRow({ message, compact, place, nick, active, lit }: MessageRowProps) {
  const { message: texts } = t();
  const chat = useChat();
  const { text, deleted, via, edited, state } = message;
  const action = isAction(message);
  const id = useId();
  return (
    <li class={classes(message, { compact, action, lit, private: place.isPrivate })} data-key={message.key}>
      <Time time={message.time} />
      <div class="said" id={id}>
        <Name nick={message.from} user={message.user} />
        {via && (
          <>
            {" "}
            <small class="via">{texts.via(via)}</small>
          </>
        )}{" "}
        {deleted ? (
          <em class="text">{texts.deleted}</em>
        ) : (
          <RichText text={action ? text.slice(4) : text} nick={nick} />
        )}
        {edited && !deleted && (
          <>
            {" "}
            <small class="edited" title={fullTime(edited)}>
              {texts.edited}
            </small>
          </>
        )}
      </div>
      {state !== "sent" && <Unsent chat={chat} message={message} />}
      {state === "sent" && !deleted && <MessageActions {...{ message, place, active, describedBy: id }} />}
      {message.reactions.length > 0 && <MessageReactions {...{ message, place, active }} />}
    </li>
  );
}

function classes(message: Message, others: Record<string, boolean>): string {
  const { mine, mention, deleted, state } = message;
  const all = { mine, mention, deleted, pending: state === "pending", failed: state === "failed", ...others };
  return ["message", ...Object.keys(all).filter((name) => all[name as keyof typeof all])].join(" ");
}

/** What became of a message of one's own that isn't confirmed. */
function Unsent({ chat, message }: { chat: Chat; message: Message }) {
  const { message: texts } = t();
  if (message.state === "pending") return <small class="sending">{texts.sending}</small>;
  return (
    <div class="unsent">
      <span role="alert">{texts.failed(message.why)}</span>
      <button type="button" onClick={() => chat.retry(message)}>
        {texts.retry}
      </button>
      <button type="button" onClick={() => chat.discard(message)}>
        {texts.discard}
      </button>
    </div>
  );
}
