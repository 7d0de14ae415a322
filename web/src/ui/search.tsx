// Looks for messages, and goes to where they were said.

import { useEffect, useRef, useState } from "preact/hooks";
import { type Entry, isPrivate } from "../protocol";
import { t } from "../texts";
import { clock, day, fullTime } from "../texts/when";
import { useChat } from "./context";
import { IconButton } from "./icons";
import { wide } from "./layout";
import { Name } from "./name";
import { type Results, useMarks, useResults } from "./results";
import { RichText } from "./rich-text";
import { highlighted, searching } from "./searching";
import { nameOf } from "./unread";
import "./search.css";

export function Search() {
  const chat = useChat();
  const field = useRef<HTMLInputElement>(null);
  const results = useRef<HTMLOListElement>(null);
  const [only, setOnly] = useState(false);
  const { search, shell } = t();
  const place = chat.current.value;
  const words = searching.value ?? "";
  const { found, more } = useResults(chat, words.trim(), only ? place.address : "");
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    field.current!.select();
    return () => before?.isConnected && before.focus();
  }, []);
  useMarks(results, words, found);
  const close = () => {
    searching.value = null;
  };
  return (
    <aside id="search" class="drawer open" aria-label={search.title}>
      <div class="heading">
        <h2>{search.title}</h2>
        <IconButton name="close" label={shell.close} onClick={close} />
      </div>
      <input
        id="words"
        ref={field}
        type="search"
        aria-label={search.words}
        placeholder={search.words}
        dir="auto"
        enterkeyhint="search"
        value={words}
        onInput={({ currentTarget }) => {
          searching.value = currentTarget.value;
        }}
      />
      <label class="only">
        <input
          type="checkbox"
          checked={only}
          onChange={({ currentTarget }) => setOnly(currentTarget.checked)}
        />
        <span>
          {search.here} <bdi>{nameOf(place)}</bdi>
        </span>
      </label>
      <p class="state" role="status">
        {words.trim() === "" ? search.hint : stateOf(found)}
      </p>
      <ol class="results" ref={results}>
        {found?.entries.map((entry) => (
          <li key={`${entry.room} ${entry.seq}`}>
            <Result entry={entry} />
          </li>
        ))}
      </ol>
      {found?.next && (
        <button type="button" onClick={more}>
          {search.more}
        </button>
      )}
    </aside>
  );
}

function stateOf(found: Results | null): string {
  const { search } = t();
  if (!found) return search.looking;
  if (found.problem) return found.problem;
  return found.entries.length === 0 ? search.none : search.found(found.entries.length);
}

function Result({ entry }: { entry: Entry }) {
  const chat = useChat();
  const { room, seq, from, user, text, time } = entry;
  const go = async () => {
    const place = chat.open(room);
    if (!wide.value) searching.value = null;
    await chat.around(place, seq);
    highlighted.value = { room: place.room.value, seq };
  };
  return (
    <>
      <button type="button" class="found" onClick={go}>
        <bdi class="where">{isPrivate(room) ? room : `#${room}`}</bdi>
        <time dateTime={time} title={fullTime(time)}>
          {day(time)}, {clock(time)}
        </time>
        <Name nick={from} user={user} />
      </button>
      <RichText text={text} nick={chat.self.value.nick} />
    </>
  );
}
