// @vitest-environment happy-dom
// The texts: each language says everything, and no component says anything by itself.

import { parseAst } from "vite";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { de } from "../src/texts/de";
import { en } from "../src/texts/en";
import {
  beginToSpeak,
  chosenLanguage,
  errorText,
  language,
  leftText,
  setLanguage,
  t,
} from "../src/texts/index";
import { plurals } from "../src/texts/plural";
import { clock, day, digits, fullTime } from "../src/texts/when";

/** All texts in there by their path, with what makes them. A list is one text, in pieces. */
function textsOf(part: unknown, path = ""): Map<string, unknown> {
  if (typeof part !== "object" || part === null || Array.isArray(part)) return new Map([[path, part]]);
  const found = Object.entries(part).flatMap(([key, value]) => [...textsOf(value, `${path}.${key}`)]);
  return new Map(found);
}

/** What a text comes to, whatever it is given. */
function example(text: unknown): string {
  if (typeof text !== "function") return String(text);
  return String(text(...Array.from({ length: text.length }, (_, index) => index + 2)));
}

const TAKES_NOTHING = /^\.commands\.list\.\w+\.takes$/; // a command that stands alone

describe("every language", () => {
  test("has the same texts with the same parameters", () => {
    const shape = (texts: object) =>
      [...textsOf(texts)].map(
        ([path, text]) => `${path} ${typeof text} ${typeof text === "string" || (text as unknown[]).length}`,
      );
    expect(shape(de).sort()).toEqual(shape(en).sort());
  });

  test.each([
    ["en", en],
    ["de", de],
  ])("says something everywhere: %s", (_, texts) => {
    const silent = [...textsOf(texts)].filter(([, text]) => !/\p{L}/u.test(example(text)));
    expect(silent.filter(([path]) => !TAKES_NOTHING.test(path))).toEqual([]);
    const unfilled = [...textsOf(texts)].filter(([, text]) => /undefined|NaN|\{n\}/.test(example(text)));
    expect(unfilled).toEqual([]);
  });

  test("has the right form for each number", () => {
    const forms = { one: "{n} day", other: "{n} days" };
    expect([0, 1, 2, 1_200].map((count) => plurals("en")(count, forms))).toEqual([
      ...["0 days", "1 day", "2 days", "1,200 days"],
    ]);
    expect(plurals("de")(1_200, { other: "{n} Tage" })).toBe("1.200 Tage");
  });
});

// -- what the components say

interface Node {
  type: string;
  start: number;
  [field: string]: unknown;
}

const SAID = /^(title|alt|label|placeholder|aria-(label|description|roledescription|valuetext|placeholder))$/;

function isNode(value: unknown): value is Node {
  return typeof (value as Node | null)?.type === "string";
}

/** The words that an expression may come to, as far as they stand in it. */
function wordsIn(node: Node): string[] {
  if (node.type === "JSXText" || node.type === "Literal")
    return typeof node.value === "string" ? [node.value] : [];
  if (node.type === "TemplateLiteral")
    return (node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked);
  const parts = [node.expression, node.consequent, node.alternate, node.left, node.right];
  const goesOn = /^(JSXExpressionContainer|ConditionalExpression|LogicalExpression|BinaryExpression)$/;
  const compares = /^([<>]|[!=]==?|[<>]=|in)$/.test(String(node.operator));
  return goesOn.test(node.type) && !compares ? parts.filter(isNode).flatMap(wordsIn) : [];
}

function hasLetters(text: string): boolean {
  return /\p{L}/u.test(text.replace(/&\w+;/g, ""));
}

/** The words that a component says by itself. */
function saidIn(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(saidIn);
  if (!isNode(node)) return [];
  let said: string[] = [];
  if (node.type === "JSXElement" || node.type === "JSXFragment")
    said = (node.children as Node[]).flatMap(wordsIn);
  if (node.type === "JSXAttribute" && isNode(node.value)) {
    const { name } = node.name as { name: string };
    if (SAID.test(name)) said = wordsIn(node.value);
  }
  return [...said.filter(hasLetters), ...Object.values(node).flatMap(saidIn)];
}

function wordsOf(source: string): string[] {
  return saidIn(parseAst(source, { lang: "tsx" }).body as unknown);
}

describe("no component", () => {
  const sources = import.meta.glob<string>("../src/**/*.tsx", {
    query: "?raw",
    import: "default",
    eager: true,
  });

  test("is left out", () => {
    expect(Object.keys(sources).length).toBeGreaterThan(5);
  });

  test.each(Object.entries(sources))("says anything by itself: %s", (_, source) => {
    expect(wordsOf(source)).toEqual([]);
  });

  test("could do so unnoticed", () => {
    const bad = [
      "<p>word</p>",
      '<p title="word" />',
      '<p aria-label={"word"} />',
      "<p>{`word`}</p>",
      '<p>{some ? "word" : ""}</p>',
      '<p>{some && "word"}</p>',
      '<p>{"word" + some}</p>',
      "<><b>…</b> word</>",
      "{all.map((each) => <li>word</li>)}",
    ];
    for (const each of bad)
      expect(wordsOf(`const a = <div>${each}</div>`), each).toEqual([expect.any(String)]);
    const good = '<p class="word" id={`a-b`}>{a === "word" ? `#` : "…"} {t().word} &nbsp;👍</p>';
    expect(wordsOf(`const a = ${good}`)).toEqual([]);
  });
});

describe("the language", () => {
  beforeEach(async () => {
    await setLanguage("en");
    localStorage.clear();
  });

  test("is the browser's", async () => {
    vi.spyOn(navigator, "languages", "get").mockReturnValue(["fr-FR", "de-AT", "en"]);
    await beginToSpeak();
    expect([language.value, chosenLanguage.value]).toEqual(["de", "auto"]);
    expect(t().composer.send).toBe("Senden");
    expect(document.documentElement.lang).toBe("de");
    vi.spyOn(navigator, "languages", "get").mockReturnValue(["fr-FR"]);
    await beginToSpeak();
    expect(language.value).toBe("en");
  });

  test("is what was chosen, also later", async () => {
    vi.spyOn(navigator, "languages", "get").mockReturnValue(["en"]);
    await setLanguage("de");
    expect([language.value, document.documentElement.lang]).toEqual(["de", "de"]);
    await beginToSpeak();
    expect([language.value, chosenLanguage.value]).toEqual(["de", "de"]);
    await setLanguage("auto");
    expect([language.value, document.documentElement.lang]).toEqual(["en", "en"]);
  });

  test("is the last one that was chosen, however long another takes", async () => {
    await Promise.all([setLanguage("de"), setLanguage("en")]);
    expect(language.value).toBe("en");
  });

  test("is never one that isn't there", async () => {
    localStorage.setItem("language", '"tlh"');
    await beginToSpeak();
    expect(chosenLanguage.value).toBe("auto");
  });

  test("is the one of dates and numbers", async () => {
    const time = new Date(2026, 2, 6, 14, 5, 9).toISOString();
    vi.spyOn(navigator, "languages", "get").mockReturnValue(["en-GB", "de-DE"]);
    const now = new Date(2026, 2, 7, 0, 30).getTime();
    expect([clock(time), day(time, now), digits(1_200)]).toEqual(["14:05", "yesterday", "1,200"]);
    expect(day(new Date(now).toISOString(), now)).toBe("today");
    expect(day(new Date(2026, 2, 8).toISOString(), now)).toMatch(/^Sunday,? 8 March 2026$/);
    expect(fullTime(time)).toMatch(/^Friday,? 6 March 2026 at 14:05:09$/);
    expect(clock(new Date(2026, 2, 6, 9, 5).toISOString())).toBe("09:05");
    await setLanguage("de");
    expect([clock(time), day(time, now), digits(1_200)]).toEqual(["14:05", "gestern", "1.200"]);
    expect(fullTime(time)).toBe("Freitag, 6. März 2026 um 14:05:09");
    vi.spyOn(navigator, "languages", "get").mockReturnValue(["en-US"]);
    await setLanguage("auto");
    expect(clock(new Date(2026, 2, 6, 21, 57).toISOString())).toMatch(/^9:57\sPM$/);
    expect(clock(time)).toMatch(/^2:05\sPM$/);
  });

  test("is that of the server's errors", async () => {
    expect(errorText("bad_nick", "nick: too long")).toBe("nick: too long");
    expect(errorText("bad_nick", "")).toBe(en.errors.bad_nick);
    await setLanguage("de");
    expect(errorText("nick_in_use", "ann is taken")).toBe("Diesen Namen hat schon jemand");
    expect(errorText("bad_nick", "nick: too long")).toBe("Das kann kein Name sein (nick: too long)");
    expect(errorText("toString", "no such thing")).toBe("no such thing");
    expect(errorText("of_a_later_release", "no such thing")).toBe("no such thing");
  });

  test("is that of the server's reasons why somebody left", async () => {
    expect(leftText("connection lost")).toBe("connection lost");
    await setLanguage("de");
    expect(leftText("connection lost")).toBe("Verbindung verloren");
    expect(["toString", "of a later release"].map(leftText)).toEqual(["toString", "of a later release"]);
  });
});
