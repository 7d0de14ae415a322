// What was said in the current place.

import { useEffect, useRef } from "preact/hooks";
import type { Item } from "../model";
import { useChat } from "./context";

export function Talk() {
  const chat = useChat();
  const place = chat.current.value;
  const scroller = useRef<HTMLElement>(null);
  const items = place.shown.value.items.value;
  useEffect(() => {
    scroller.current!.scrollTop = scroller.current!.scrollHeight;
    chat.watch(place, !document.hidden);
  }, [place, items]);
  return (
    <main>
      <section id="talk" ref={scroller} tabIndex={0}>
        <ol id="log" aria-live="polite">
          {items.map((item) => (
            <Row key={item.key} item={item} />
          ))}
        </ol>
        <ol id="pending">
          {place.pending.value.map((item) => (
            <Row key={item.key} item={item} />
          ))}
        </ol>
      </section>
    </main>
  );
}

function Row({ item }: { item: Item }) {
  if (item.kind === "notice") return <li class="notice">{item.happening.what}</li>;
  return (
    <li class={`message ${item.state}`}>
      <p>
        <bdi class="name">{item.from}</bdi> <span class="text">{item.text}</span>
      </p>
    </li>
  );
}
