import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Block, type Inline, parse } from "../src/text/parse";

const NAMES = { nick: "ann", isName: (nick: string) => ["bob", "c.d"].includes(nick) };

/** The tree in short: [strong a], [code …], > …, with the texts as they are. */
function shown(text: string): string {
  return parse(text, NAMES).blocks.map(block).join("\n");
}

function block(it: Block): string {
  if (it.kind === "fence") return `[fence ${it.language}|${it.text}]`;
  if (it.kind === "quote") return `[quote ${it.blocks.map(block).join("\n")}]`;
  return it.parts.map(part).join("");
}

function part(it: Inline): string {
  if (it.kind === "text") return it.text;
  if ("parts" in it) return `[${it.kind} ${it.parts.map(part).join("")}]`;
  if (it.kind === "mention") return `[${it.mine ? "me" : "who"} ${it.text}]`;
  return `[${it.kind} ${it.text}]`;
}

function links(text: string): string[] {
  return parse(text, NAMES).blocks.flatMap((each) =>
    each.kind === "lines" ? each.parts.flatMap((it) => (it.kind === "link" ? [it.href] : [])) : [],
  );
}

describe("links", () => {
  test.each([
    ["see https://a.example/x?y=1#z.", "see [link https://a.example/x?y=1#z]."],
    ["(https://en.example/wiki/Tea_(drink))", "([link https://en.example/wiki/Tea_(drink)])"],
    ["<http://a.example>", "<[link http://a.example]>"],
    ["HTTPS://A.example", "[link HTTPS://A.example]"],
    ["“https://a.example”, he said", "“[link https://a.example]”, he said"],
    ["*https://a.example/b*", "[strong [link https://a.example/b]]"],
    ["www.a.example/tea and www.", "[link www.a.example/tea] and www."],
    ["https://a.example/snake_case_/*x*/y", "[link https://a.example/snake_case_/*x*/y]"],
    ["https://a.example/@bob#lobby", "[link https://a.example/@bob#lobby]"],
    ["http://[::1]:80/", "[link http://[::1]:80/]"],
    ["https://münchen.example/", "[link https://münchen.example/]"],
  ])("%s", (text, tree) => expect(shown(text)).toBe(tree));

  test.each([
    "javascript:alert(1)",
    "data:text/html,x",
    "xhttps://a.example",
    "http://",
    "https://bank.example@evil.example/",
    "https://a:b@evil.example/",
    "https://\\evil.example",
    "https://a b.example:99999999",
    `https://a.example/${"x".repeat(2048)}`,
    "ftp://a.example vbscript:x",
  ])("none in %s", (text) =>
    expect(links(text).filter((href) => !/^https:\/\/a\/?$/.test(href))).toEqual([]),
  );

  test("www is looked for by https", () => {
    expect(links("www.a.example")).toEqual(["https://www.a.example/"]);
  });

  test("an address ends before what is not seen, or turns others round", () => {
    expect(links("https://a.example/\u202egpj.exe https://b.example/\u200bx")).toEqual([
      "https://a.example/",
      "https://b.example/",
    ]);
  });

  test.each([
    ["https://\u0430pple.example/", true], // a Cyrillic а among Latin letters
    ["https://\u0430\u0440\u0440\u04cf\u0435.example/", true], // Cyrillic, all with Latin doubles
    ["https://пример.example/", false],
    ["https://münchen.example/", false],
    ["https://例え.example/", false],
    ["https://a.example/\u0430pple", false],
  ])("the real name of %s is told: %s", (text, told) => {
    const [found] = parse(text, NAMES).blocks;
    const link = found?.kind === "lines" ? found.parts[0] : undefined;
    expect(link?.kind === "link" && /xn--/.test(link.host)).toBe(told);
  });
});

describe("code", () => {
  test.each([
    ["`a` and ``b`c``", "[code a] and [code b`c]"],
    ["`*a* @ann https://a.example #b`", "[code *a* @ann https://a.example #b]"],
    ["an ` alone, `` two", "an ` alone, `` two"],
    ["`a\nb`", "`a\nb`"],
    ["```\na\n b\n```\nc", "[fence |a\n b]\nc"],
    ["```js\nlet a;\n```", "[fence js|let a;]"],
    ["```not closed", "[fence |not closed]"],
    ["```\n*a*\n> b", "[fence |*a*\n> b]"],
    ["```let a = 1;```", "[fence |let a = 1;]"],
    ["x\n```a b\nc```\ny", "x\n[fence |a b\nc]\ny"],
    ["> ```\n> a\nb", "[quote [fence |a]]\nb"],
  ])("%s", (text, tree) => expect(shown(text)).toBe(tree));
});

describe("stress", () => {
  test.each([
    ["*a b* and **c** and _d_", "[strong a b] and [strong c] and [em d]"],
    ["_*a*_ (*b*), *c*!", "[em [strong a]] ([strong b]), [strong c]!"],
    ["snake_case_names and __init__", "snake_case_names and __init__"],
    ["2*3*4 * 5 *", "2*3*4 * 5 *"],
    ["* a thing\n* another", "* a thing\n* another"],
    ["*a _b* c_", "[strong a _b] c_"],
    ["*.txt and *.py", "*.txt and *.py"],
    ["/* c */ a/*b*/", "/* c */ a/*b*/"],
    ["*a\nb*", "*a\nb*"],
    ["***a***", "***a***"],
    ["_a snake_case b_", "[em a snake_case b]"],
  ])("%s", (text, tree) => expect(shown(text)).toBe(tree));
});

describe("rooms and names", () => {
  test.each([
    ["in #tea, (#straße)", "in [room #tea], ([room #straße])"],
    ["a#b #1 #-- # #", "a#b #1 #-- # #"],
    [`#${"x".repeat(64)} #${"y".repeat(65)}`, `[room #${"x".repeat(64)}] #${"y".repeat(65)}`],
    ["@ann: and @ANN. @anna", "[me @ann]: and [me @ANN]. @anna"],
    ["@bob... @c.d. @nobody bob@bob", "[who @bob]... [who @c.d]. @nobody bob@bob"],
    ["İ @ann", "İ [me @ann]"],
  ])("%s", (text, tree) => expect(shown(text)).toBe(tree));

  test("a room's address is escaped", () => {
    const [found] = parse("#straße", NAMES).blocks;
    expect(found?.kind === "lines" && found.parts[0]).toMatchObject({ href: "#/room/stra%C3%9Fe" });
  });
});

describe("quotes", () => {
  test.each([
    ["> ann: hello\nyes", "[quote ann: hello]\nyes"],
    ["> > a\n> b\n\nc\n\n", "[quote [quote a]\nb]\nc\n\n"],
    ["\na\n\n```\nb\n```\n\n> c", "\na\n[fence |b]\n[quote c]"],
    [">>> a", "[quote [quote [quote a]]]"],
    [">>>>>> a", "[quote [quote [quote [quote >> a]]]]"],
    [">:( and >_<", ">:( and >_<"],
    ["a\n> *b*", "a\n[quote [strong b]]"],
  ])("%s", (text, tree) => expect(shown(text)).toBe(tree));
});

describe("emoji alone", () => {
  test.each(["👍", "❤️ 🎉", " 👩‍👩‍👧‍👦🏳️‍🌈🇩🇪\n", "1️⃣", "👍🏽", "☝🏿", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"])("%s are large", (text) => {
    expect(parse(text, NAMES).jumbo).toBe(true);
  });
  test.each(["", " ", "1 2 3", "👍👍👍👍", "👍!", "©", "#", "::", "\u200d", "\u{1f3fd}a"])(
    "%s are not",
    (text) => {
      expect(parse(text, NAMES).jumbo).toBe(false);
    },
  );
});

// Whatever was typed. Markup that is likely to meet itself is in it often.

const PIECES = [
  "*",
  "**",
  "_",
  "`",
  "``",
  "```",
  "> ",
  ">",
  "#",
  "@",
  "@ann",
  "@bob",
  "#tea",
  "\n",
  " ",
].concat([
  ...[
    "http://a.b/",
    "https://",
    "www.a.b",
    "(",
    ")",
    ".",
    "a",
    "é",
    "👍",
    "\u202e",
    "\r",
    "<b>",
    "::",
    "\ud83d",
  ],
]);
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: "binary", maxLength: 8 })), { maxLength: 60 })
  .map((pieces) => pieces.join(""));

function written(it: Block | Inline): string {
  if ("blocks" in it) return it.blocks.map(written).join("\n");
  return "parts" in it ? it.parts.map(written).join("") : it.text;
}

/** Whether `part` can be had from `whole` by taking characters away, and those are only signs of markup. */
function lacksOnlyMarkup(part: string, whole: string): boolean {
  let at = 0;
  for (const sign of whole) {
    if (part.startsWith(sign, at)) at += sign.length;
    else if (!/[*_`>\s\p{L}\p{N}+#.-]/u.test(sign)) return false;
  }
  return at === part.length;
}

/** Words that begin code are its language and not shown; all other letters are. */
function letters(text: string): string {
  return text.replace(/[*_`>\s]/g, "");
}

function languages(it: Block): string {
  if (it.kind === "quote") return it.blocks.map(languages).join("");
  return it.kind === "fence" ? it.language : "";
}

test("nothing is lost or added but signs of markup", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const { blocks } = parse(text, NAMES);
      const all = blocks.map(written).join("\n");
      expect(lacksOnlyMarkup(all, text), JSON.stringify(all)).toBe(true);
      const language = letters(blocks.map(languages).join(""));
      expect(letters(all).length + language.length).toBe(letters(text).length);
    }),
    { numRuns: 1000 },
  );
});

test("plain words stay one text", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z][a-z ,.\n]*$/), (text) => {
      fc.pre(!/http|www/.test(text));
      expect(parse(text, NAMES).blocks).toEqual([{ kind: "lines", parts: [{ kind: "text", text }] }]);
    }),
  );
});

test("all links lead to web pages", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      for (const href of links(text)) expect(href).toMatch(/^https?:\/\/[^/]/);
    }),
  );
});

describe("a hostile text takes time in proportion to its length", () => {
  afterEach(() => vi.restoreAllMocks());

  /** How many characters all searches together went over. */
  function steps(work: () => void): number {
    let walked = 0;
    const exec = RegExp.prototype.exec;
    vi.spyOn(RegExp.prototype, "exec").mockImplementation(function (this: RegExp, searched: string) {
      const before = this.lastIndex;
      const found = exec.call(this, searched);
      const after = this.global || this.sticky ? this.lastIndex : searched.length;
      walked += 1 + (found || this.sticky ? Math.max(0, after - before) : searched.length - before);
      return found;
    });
    work();
    vi.restoreAllMocks();
    return walked;
  }

  const longer = (piece: string) => (size: number) => piece.repeat(Math.ceil(size / piece.length));
  const runs = (size: number) => {
    let text = "";
    for (let length = 1; text.length < size; length = (length % 300) + 1) text += `${"`".repeat(length)} `;
    return text;
  };
  test.each(
    [
      ...[
        "*",
        "*a ",
        "*a _b ",
        "_a* ",
        "a* *",
        "`",
        "` ``",
        "`a",
        "[",
        "[[[[(",
        "> ",
        ">",
        "> > *a\n",
        "@",
        "@ann ",
      ],
      ...[
        "@a",
        "#",
        "#a ",
        "#_",
        "http://",
        "http://a.b)",
        "http://a.b/( ",
        "www.",
        "http://a@b ",
        "```\n",
        "``` a\n",
      ],
      ...["\n", "👍", ".", "İ@ann"],
    ]
      .map((piece) => [piece, longer(piece)] as const)
      .concat([["backticks of all lengths", runs]]),
  )("%j", (_, text) => {
    const [some, more] = [15, 16].map((size) => steps(() => parse(text(1 << size), NAMES))) as [
      number,
      number,
    ];
    expect(more).toBeLessThan(2.5 * some + 1000);
    expect(more).toBeLessThan(16 << 16);
  });

  test("a search that begins anew at each place is seen", () => {
    const search = (text: string) => {
      for (let at = 0; at < text.length; at++) /z/.exec(text.slice(at));
    };
    expect(steps(() => search("a".repeat(2000)))).toBeGreaterThan(
      2.5 * steps(() => search("a".repeat(1000))),
    );
  });
});
