// Puts a compressed copy beside each file that is worth it: the daemon sends it to those who can read
// it, and has no work with that.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const TEXT = /\.(css|html|js|json|svg|txt|webmanifest)$/;
const WORTH_IT = 0.9; // of what it was, at most

/** What a compressed copy of a file holds; undefined: it gets none. */
export function compressed(name: string, content: Buffer): Buffer | undefined {
  if (!TEXT.test(name)) return undefined;
  const smaller = gzipSync(content, { level: 9 });
  return smaller.length < content.length * WORTH_IT ? smaller : undefined;
}

/** Compresses all that a build has written, once it is all there. */
export function compressedCopies(): Plugin {
  let directory = "";
  return {
    name: "compressed-copies",
    apply: "build",
    configResolved: (config) => {
      directory = resolve(config.root, config.build.outDir);
    },
    writeBundle: {
      order: "post",
      handler: () => compressAll(directory),
    },
  };
}

function compressAll(directory: string): void {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const smaller = compressed(entry.name, readFileSync(path));
    if (smaller) writeFileSync(`${path}.gz`, smaller);
  }
}
