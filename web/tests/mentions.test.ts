import { expect, test } from "vitest";
import { mentionsOf } from "../src/chat/mentions";

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
