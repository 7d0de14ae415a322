import { describe, expect, test } from "vitest";
import { applied, completionAt, matches, namedEmojiAt } from "../src/text/completion";

/** The kind and the prefix of what can be completed at the `|`. */
function at(marked: string): string | null {
  const found = completionAt(marked.replace("|", ""), marked.indexOf("|"));
  return found && `${found.kind} ${found.prefix}`;
}

/** The text after a choice at the `|`, with the caret marked. */
function chosen(marked: string, choice: string): string {
  const text = marked.replace("|", "");
  const found = completionAt(text, marked.indexOf("|"))!;
  const { text: made, caret } = applied(text, found, choice);
  return `${made.slice(0, caret)}|${made.slice(caret)}`;
}

describe("what can be completed", () => {
  test.each([
    ["hello @an|", "user an"],
    ["@|", "user "],
    ["(@Ben|", "user Ben"],
    ["@c.d-|", "user c.d-"],
    ["@é|", "user é"],
    ["line\n@an|", "user an"],
    ["/to|", "command to"],
    ["/|", "command "],
    ["in #te|", "room te"],
    ["#|", "room "],
    ["ok :thu|", "emoji thu"],
    [":+1|", "emoji +1"],
    ["👍:he|", "emoji he"],
    ["```\na\n```\n@an|", "user an"],
  ])("%s", (marked, found) => expect(at(marked)).toBe(found));

  test.each([
    "ann@bob|",
    "a/b|",
    " /to|",
    "//|",
    "x\n/to|",
    "@an |",
    ":D|",
    ":|",
    "12:30|",
    "https://a:bc|",
    "::ab|",
    "a#b|",
    "`@an|",
    "```\n@an|",
    "```js\n@an|",
    "",
    "|",
    `@${"x".repeat(100)}|`,
  ])("nothing in %s", (marked) => expect(at(marked)).toBeNull());
});

describe("what goes on like it", () => {
  test.each([
    ["b", ["ann", "Bob", "Rob", "bea"], ["Bob", "bea"]],
    ["jos", ["José", "joseph"], ["José", "joseph"]],
    ["É", ["emil", "élan"], ["emil", "élan"]],
    ["up", ["thumbs_up", "upper", "cup"], ["upper", "thumbs_up"]],
    ["", ["c", "a", "b"], ["c", "a", "b"]],
    ["x", ["a"], []],
    ["a", ["a", "a", "ab"], ["a", "ab"]],
  ])("%s", (prefix, candidates, found) => expect(matches(prefix, candidates)).toEqual(found));

  test("no more than asked for", () => {
    expect(matches("a", ["aa", "ab", "ac"], 2)).toEqual(["aa", "ab"]);
  });
});

describe("a choice", () => {
  test.each([
    ["hi @an| there", "ann", "hi @ann |there"],
    ["@a|", "ann", "@ann |"],
    ["@a|nn", "ann", "@ann |"],
    ["/t|", "topic", "/topic |"],
    ["#te|", "tea", "#tea |"],
    [":thu|", "👍", "👍 |"],
    [":thu|mbs:, yes", "👍", "👍 |, yes"],
    ["@a|, hello", "ann", "@ann |, hello"],
  ])("%s: %s", (marked, choice, made) => expect(chosen(marked, choice)).toBe(made));
});

describe("an emoji's name that was just closed", () => {
  test.each([
    [":tada:", 6, { start: 0, name: "tada" }],
    ["a :+1: b", 6, { start: 2, name: "+1" }],
    ["12:30:", 6, null],
    ["::a:", 4, null],
    ["`:tada:", 7, null],
    [":tada: ", 7, null],
  ])("%s", (text, caret, found) => expect(namedEmojiAt(text, caret)).toEqual(found));
});
