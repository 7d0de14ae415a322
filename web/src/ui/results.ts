// What was found: asked for a moment after the last key, and its words marked where they stand.

import { useEffect, useState } from "preact/hooks";
import type { Chat } from "../chat/chat";
import { Refused } from "../link";
import type { Entry } from "../protocol";
import { errorText, t } from "../texts";

const PAUSE = 300; // ms

export interface Results {
  entries: readonly Entry[];
  next?: string; // there are older ones
  problem: string;
}

/** The messages with these words, in this room or ("") in all; null while nobody knows. */
export function useResults(
  chat: Chat,
  words: string,
  room: string,
): { found: Results | null; more: () => void } {
  const [found, setFound] = useState<Results | null>(null);
  const connected = chat.connection.value.state === "connected";
  useEffect(() => {
    setFound(null);
    if (words === "") return;
    let current = true;
    const timer = setTimeout(async () => {
      const results = await look(chat, words, room);
      if (current) setFound(results);
    }, PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [words, room, connected]);
  const more = async () => {
    const { entries, next, problem } = await look(chat, words, room, found!.next);
    setFound((now) => (now === found ? { entries: [...found!.entries, ...entries], next, problem } : now));
  };
  return { found, more };
}

async function look(chat: Chat, words: string, room: string, before?: string): Promise<Results> {
  try {
    const options = { ...(room && { room }), ...(before && { before }) };
    return { ...(await chat.search(words, options)), problem: "" };
  } catch (problem) {
    const refused = problem instanceof Refused;
    const why = refused ? errorText(problem.code, problem.message) : t().naming.lost;
    return { entries: [], next: before, problem: why };
  }
}

/** Mark the words in what is shown, if the browser can do that. */
export function useMarks(shown: { current: HTMLElement | null }, words: string, found: Results | null): void {
  useEffect(() => {
    if (!("highlights" in CSS) || !shown.current) return;
    const ranges = rangesOf(shown.current, words.toLowerCase().split(/\s+/).filter(Boolean));
    CSS.highlights.set("found", new Highlight(...ranges));
    return () => void CSS.highlights.delete("found");
  }, [found]);
}

function* textsIn(element: HTMLElement): Iterable<Text> {
  for (const part of element.querySelectorAll(".text")) {
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) yield walker.currentNode as Text;
  }
}

function rangesOf(element: HTMLElement, words: readonly string[]): Range[] {
  const ranges: Range[] = [];
  for (const text of textsIn(element)) {
    const where = text.data.toLowerCase();
    if (where.length !== text.data.length) continue; // places are others in lower case
    for (const word of words) {
      for (let at = where.indexOf(word); at >= 0; at = where.indexOf(word, at + word.length)) {
        const range = new Range();
        range.setStart(text, at);
        range.setEnd(text, at + word.length);
        ranges.push(range);
      }
    }
  }
  return ranges;
}
