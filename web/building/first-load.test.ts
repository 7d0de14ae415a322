// What counts as the first load.

import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Rolldown } from "vite";
import { expect, test } from "vitest";
import { BUDGET, firstLoad, total } from "./first-load";

interface Parts {
  from?: string; // the module that it was made for
  imports?: string[];
  styles?: string[];
}

/** A chunk of a build, which takes about so many bytes when it is compressed. */
function chunk(fileName: string, size: number, { from = "", imports = [], styles = [] }: Parts = {}) {
  const made = {
    type: "chunk",
    fileName,
    code: randomBytes(size).toString("base64"),
    facadeModuleId: from,
    moduleIds: [from],
    imports,
    viteMetadata: { importedCss: new Set(styles) },
  };
  return [fileName, made as unknown as Rolldown.OutputChunk] as const;
}

function style(fileName: string, source: string) {
  return [fileName, { type: "asset", fileName, source } as Rolldown.OutputAsset] as const;
}

const names = (files: [string, number][]) => files.map(([name]) => name);

test("the budget is 60 KiB", () => {
  expect(BUDGET).toBe(61_440);
});

test("what the page imports counts, and not what it may load later", () => {
  const files = firstLoad(
    Object.fromEntries([
      chunk("sw.js", 5_000, { from: "/web/src/sw.ts" }),
      chunk("index.js", 1_000, { from: "/web/index.html", imports: ["one.js", "two.js"], styles: ["a.css"] }),
      chunk("one.js", 3_000, { imports: ["two.js"] }),
      chunk("two.js", 2_000, { imports: ["index.js"] }),
      chunk("emoji.js", 9_000, { from: "/web/src/emoji.ts", imports: ["index.js"] }),
      style("a.css", "p { margin: 0 }"),
      style("later.css", "p { margin: 0 }"),
    ]),
  );
  expect(names(files)).toEqual(["one.js", "two.js", "index.js", "a.css"]);
  expect(total(files, ".js")).toBeGreaterThan(6_000);
  expect(total(files, ".js")).toBeLessThan(6_300);
  expect(total(files, ".css")).toBe(gzipSync("p { margin: 0 }", { level: 9 }).length);
});

test("of the languages the largest counts", () => {
  const files = firstLoad(
    Object.fromEntries([
      chunk("index.js", 1_000, { from: "/web/index.html" }),
      chunk("de.js", 700, { from: "/web/src/texts/de.ts" }),
      chunk("fr.js", 800, { from: "/web/src/texts/fr.ts" }),
    ]),
  );
  expect(names(files)).toEqual(["index.js", "fr.js"]);
});
