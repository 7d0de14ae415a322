// The rooms and conversations that one is in.

import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { t } from "../texts";
import { useChat } from "./context";
import { useDrawer } from "./drawer";
import { Icon, IconButton } from "./icons";
import { drawer, phone, uncover } from "./layout";
import { PlaceRow } from "./place-row";
import { showing } from "./showing";
import "./side.css";

export function Side() {
  const chat = useChat();
  const { places, shell } = t();
  const nav = useRef<HTMLElement>(null);
  const open = phone.value && drawer.value === "places";
  useDrawer(nav, open, "open-places");
  return (
    <nav id="side" ref={nav} class={open ? "drawer open" : "drawer"} aria-label={places.label}>
      <div class="top">
        <button
          id="find"
          type="button"
          onClick={() => {
            showing.value = "switcher";
          }}
        >
          <Icon name="search" />
          <span>{places.find}</span>
        </button>
        {phone.value && <IconButton name="close" label={shell.close} onClick={uncover} />}
      </div>
      <div id="places">
        <Section title={places.rooms} add={places.join} does={() => (showing.value = "rooms")}>
          {chat.rooms.value.map((place) => (
            <PlaceRow key={place} place={place} />
          ))}
        </Section>
        <Section title={places.talks} add={places.talk} does={() => (showing.value = "people")}>
          {chat.talks.value.map((place) => (
            <PlaceRow key={place} place={place} />
          ))}
        </Section>
        {chat.talks.value.length === 0 && <p class="none">{places.noTalks}</p>}
      </div>
    </nav>
  );
}

interface SectionProps {
  title: string;
  add: string;
  does: () => void;
  children: ComponentChildren;
}

function Section({ title, add, does, children }: SectionProps) {
  return (
    <section aria-label={title}>
      <div class="heading">
        <h2>{title}</h2>
        <IconButton name="plus" label={add} onClick={does} />
      </div>
      <ul>{children}</ul>
    </section>
  );
}
