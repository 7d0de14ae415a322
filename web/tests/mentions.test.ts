import { expect, test } from "vitest";
import { mentions, mentionsOf } from "../src/chat/mentions";
import { quoteOf } from "../src/text/summary";

test.each([
  ["@ann", [[0, 4]]],
  [
    "hi @Ann. and @ANN!",
    [
      [3, 7],
      [13, 17],
    ],
  ],
  ["@anna @ann.b @ann..b x@ann @ann_", []],
  ["@ann...", [[0, 4]]],
  ["İİ @ann", [[3, 7]]],
  [
    "(@ann)@ann",
    [
      [1, 5],
      [6, 10],
    ],
  ],
])("%s", (text, found) => expect(mentionsOf(text, "ann")).toEqual(found));

test("nobody is called by a bare @", () => {
  expect(mentionsOf("@ @x", "")).toEqual([]);
});

test.each([
  ["@ann", true],
  ["> bob: @ann\n\n@Ann, it is you", true],
  ["> bob: @ann\n> @ann\n\nnot me", false],
  ["look:\n> @ann", false],
  [">> @ann", false],
  [">:( @ann", true], // no quote
])("what is only quoted calls nobody: %j", (text, called) => expect(mentions(text, "ann")).toBe(called));

test.each([
  ["> ann: hello\n\nhi", true],
  ["> ANN: hello\n\nhi", true],
  ["> anna: hello\n\nhi", false],
  ["> hello ann: hi", false],
  ["> > ann: hello\n\nhi", false], // she was answered before
  ["> bob: hello\n> ann: hello\n\nhi", false],
  ["hi\n> ann: hello", false],
  ["ann: hello", false],
  ["> : hello", false],
])("an answer calls whom it answers: %j", (text, called) => expect(mentions(text, "ann")).toBe(called));

test("an answer calls, whatever the name and what was said", () => {
  for (const nick of ["ann", "İann", "ΣΑΣ", "a.b-c_d"]) {
    for (const said of ["hello", "> @bob\n", "\n", "/me smiles"]) {
      expect(mentions(`${quoteOf(nick, said)}\n\nwell`, nick)).toBe(true);
    }
  }
  expect(mentions("> : hello\n\nwell", "")).toBe(false);
});
