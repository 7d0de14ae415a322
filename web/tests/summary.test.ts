import { describe, expect, test } from "vitest";
import { parse } from "../src/text/parse";
import { plain, quoteOf } from "../src/text/summary";

describe("in one line", () => {
  test.each([
    ["*tea* at `four`\n\n_now_", "tea at four now"],
    ["> ann: hello\nyes", "yes"],
    ["> ann: hello", "ann: hello"],
    ["look:\n```js\nlet a;\n```", "look: let a;"],
    ["https://a.example @bob #tea", "https://a.example @bob #tea"],
    ["a\u202eb\u2066c", "abc"],
    ["x".repeat(300), `${"x".repeat(199)}…`],
    ["", ""],
  ])("%j", (text, line) => expect(plain(text)).toBe(line));

  test("as short as asked for, and no half of an emoji", () => {
    expect(plain("👍👍👍👍", 3)).toBe("👍👍…");
  });
});

describe("as a quote", () => {
  test.each([
    ["hello", "> ann: hello"],
    ["a\n\nb\nc\nd", "> ann: a\n> b\n> c…"],
    ["> bob: earlier\nnow", "> ann: now"],
    ["> bob: earlier", "> ann: bob: earlier"],
    ["```\nx = 1\n```", "> ann: x = 1"],
    ["x".repeat(300), `> ann: ${"x".repeat(199)}…`],
  ])("%j", (text, quote) => expect(quoteOf("ann", text)).toBe(quote));

  test("an answer is a quote and what follows", () => {
    const { blocks } = parse(`${quoteOf("ann", "a\nb")}\nyes`, { nick: "", isName: () => false });
    expect(blocks.map(({ kind }) => kind)).toEqual(["quote", "lines"]);
  });
});
