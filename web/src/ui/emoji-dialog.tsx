// The dialog of all emoji.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Emoji, type EmojiTable, loadEmoji } from "../emoji";
import { chooseTone, chosenTone, recentEmoji, TONES, toned, usedEmoji } from "../emoji/chosen";
import { t } from "../texts";
import { EmojiGrid } from "./emoji-grid";
import type { EmojiPickerProps } from "./emoji-picker";
import "./emoji-dialog.css";

const RECENT = -1; // in the place of a group
const FACES = ["😀", "👋", "🐻", "🍏", "🚀", "⚽", "💡", "🔣", "🏁"]; // of the groups
const MOST = 96; // that a search shows

export function EmojiDialog({ onPick, onClose }: EmojiPickerProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const table = useTable();
  const [words, search] = useState("");
  const [group, choose] = useState(() => (recentEmoji().length > 0 ? RECENT : 0));
  const [tone, setTone] = useState(chosenTone);
  const shown = useMemo(
    () => (table instanceof Error ? [] : toShow(table, words, group)),
    [table, words, group],
  );
  const waits = useRef(false); // Enter was pressed before there was a table to take one from
  useEffect(() => dialog.current!.showModal(), []);
  const pick = (emoji: Emoji) => {
    const picked = toned(emoji, tone);
    usedEmoji(picked);
    dialog.current!.close(); // the focus is where it was
    onPick(picked);
  };
  useEffect(() => {
    const wanted = table !== null && waits.current;
    if (table !== null) waits.current = false; // whether there is one or not
    if (wanted && shown[0]) pick(shown[0]);
  }, [table]);
  const keys = (event: KeyboardEvent) => {
    event.stopPropagation(); // it is not for what is below
    if (event.key === "Enter" && event.target instanceof HTMLInputElement) {
      event.preventDefault(); // nor is a form there sent
      if (shown[0]) pick(shown[0]);
      else waits.current = table === null;
    } else if (event.key === "ArrowDown" && event.target instanceof HTMLInputElement) {
      event.preventDefault();
      dialog.current!.querySelector<HTMLElement>("td button[tabindex='0']")?.focus();
    }
  };
  return (
    <dialog
      ref={dialog}
      class="emoji-picker"
      aria-label={t().emoji.title}
      onClose={onClose}
      onKeyDown={keys}
      onClick={(event) => event.target === dialog.current && dialog.current!.close()}
    >
      <div>
        <p class="search">
          <input
            type="search"
            placeholder={t().emoji.search}
            aria-label={t().emoji.search}
            value={words}
            onInput={({ currentTarget }) => {
              waits.current = false;
              search(currentTarget.value);
            }}
          />
          <button type="button" aria-label={t().emoji.close} onClick={() => dialog.current!.close()}>
            <span aria-hidden="true">×</span>
          </button>
        </p>
        <Groups
          chosen={words.trim() === "" ? group : null}
          choose={(to) => {
            waits.current = false;
            search("");
            choose(to);
          }}
        />
        <div class="emoji">
          {table instanceof Error ? (
            <p role="alert">{t().emoji.failed}</p>
          ) : table && shown.length === 0 ? (
            <p role="status">{t().emoji.none}</p>
          ) : (
            <EmojiGrid key={`${group} ${words}`} emoji={shown} tone={tone} onPick={pick} />
          )}
        </div>
        <Tones
          chosen={tone}
          choose={(to) => {
            chooseTone(to);
            setTone(to);
          }}
        />
      </div>
    </dialog>
  );
}

/** The table, once it is there; or why it isn't. */
function useTable(): EmojiTable | Error | null {
  const [table, set] = useState<EmojiTable | Error | null>(null);
  useEffect(() => {
    let gone = false;
    loadEmoji().then(
      (loaded) => gone || set(loaded),
      (problem: unknown) => gone || set(new Error(String(problem))),
    );
    return () => {
      gone = true;
    };
  }, []);
  return table;
}

function toShow(table: EmojiTable | null, words: string, group: number): readonly Emoji[] {
  if (!table) return [];
  if (words.trim() !== "") return table.search(words.trim().replace(/^:|:$/g, ""), MOST);
  return group === RECENT ? recent(table) : (table.groups[group] ?? []);
}

/** Those that one used last, as they were used: with their tone. */
function recent(table: EmojiTable): Emoji[] {
  const known = new Map(table.groups.flat().map((each) => [each.emoji.replace(/\ufe0f/g, ""), each]));
  return recentEmoji().flatMap((emoji) => {
    const plain = known.get(emoji.replace(/\p{EMod}|\ufe0f/gu, ""));
    return plain ? [{ ...plain, emoji, tones: false }] : [];
  });
}

function Groups({ chosen, choose }: { chosen: number | null; choose: (group: number) => void }) {
  const { recent: last, groups } = t().emoji;
  return (
    <p class="groups">
      {[[RECENT, "🕘", last] as const, ...groups.map((name, each) => [each, FACES[each], name] as const)].map(
        ([each, face, name]) => (
          <button
            key={each}
            type="button"
            aria-label={name}
            title={name}
            aria-pressed={each === chosen}
            onClick={() => choose(each)}
          >
            {face}
          </button>
        ),
      )}
    </p>
  );
}

function Tones({ chosen, choose }: { chosen: number; choose: (tone: number) => void }) {
  return (
    <fieldset class="tones">
      <legend>{t().emoji.tone}</legend>
      {TONES.map((tone, each) => (
        <button
          key={tone}
          type="button"
          aria-label={t().emoji.tones[each]}
          title={t().emoji.tones[each]}
          aria-pressed={each === chosen}
          onClick={() => choose(each)}
        >
          {`✋${tone}`}
        </button>
      ))}
    </fieldset>
  );
}
