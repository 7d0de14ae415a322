// What a browser must fetch before the page can be used, and that it isn't too much.

import { gzipSync } from "node:zlib";
import type { Plugin, Rolldown } from "vite";

export const BUDGET = 60 * 1024; // bytes of compressed JavaScript

type Bundle = Record<string, Rolldown.OutputChunk | Rolldown.OutputAsset>;

const LANGUAGE = /\/src\/texts\/\w+\.ts$/; // a module that most people load one of, at once

/** The files of the first load, each with its compressed size in bytes, the largest first. Of several
 * languages it is the largest. */
export function firstLoad(bundle: Bundle): [name: string, size: number][] {
  const names = new Set<string>();
  const take = (name: string) => {
    const file = bundle[name];
    if (file?.type !== "chunk" || names.has(name)) return;
    names.add(name);
    for (const style of file.viteMetadata?.importedCss ?? []) names.add(style);
    file.imports.forEach(take);
  };
  for (const file of Object.values(bundle)) {
    if (file.type === "chunk" && file.moduleIds.some(isPage)) take(file.fileName);
  }
  if (names.size === 0) throw new Error("There is no page in what was built");
  const languages = Object.values(bundle)
    .filter((file) => file.type === "chunk" && LANGUAGE.test(file.facadeModuleId ?? ""))
    .map(({ fileName }) => sized(fileName))
    .sort(largestFirst);
  if (languages[0]) names.add(languages[0][0]);
  return [...names].map(sized).sort(largestFirst);

  function sized(name: string): [string, number] {
    const file = bundle[name]!;
    const content = file.type === "chunk" ? file.code : file.source;
    return [name, gzipSync(content, { level: 9 }).length];
  }
}

function isPage(module: string): boolean {
  return module.endsWith("index.html");
}

function largestFirst([, one]: [string, number], [, other]: [string, number]): number {
  return other - one;
}

/** The size of those files whose names end so. */
export function total(files: [string, number][], ending: string): number {
  return files.reduce((sum, [name, size]) => sum + (name.endsWith(ending) ? size : 0), 0);
}

/** Ends the build when the first load has more JavaScript than the budget. */
export function budget(most = BUDGET): Plugin {
  return {
    name: "budget",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const files = firstLoad(bundle);
        const [scripts, styles] = [total(files, ".js"), total(files, ".css")];
        if (scripts > most) {
          const list = files.map(([name, size]) => `  ${kib(size)}  ${name}`).join("\n");
          this.error(`The first load has ${kib(scripts)} of JavaScript, ${kib(most)} are allowed:\n${list}`);
        }
        console.log(`First load: ${kib(scripts)} of JavaScript, ${kib(styles)} of CSS, compressed.`);
      },
    },
  };
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
