// Tells the service worker which files this build has.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin, Rolldown } from "vite";

const PLACE = "__SHELL__"; // the name of the list in src/sw.ts
const WORKER = "sw.js";
const UNKEPT = /\.(png|txt)$/; // icons are the system's, licences and tables for when they are asked for

/** Names all that the page is made of in the service worker, and a version: of these files, just as
 * they are. */
export function shell(): Plugin {
  let publicFiles = "";
  return {
    name: "shell",
    apply: "build",
    configResolved: (config) => {
      publicFiles = config.publicDir;
    },
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const worker = bundle[WORKER];
        if (worker?.type !== "chunk") return;
        if (worker.imports.length > 0) this.error("The service worker must be one file.");
        const list = JSON.stringify(listed(contentsOf(bundle, publicFiles)));
        worker.code = worker.code.replaceAll(PLACE, list);
      },
    },
  };
}

type Contents = Map<string, string | Uint8Array>;

function contentsOf(bundle: Rolldown.OutputBundle, publicFiles: string): Contents {
  const contents: Contents = new Map();
  for (const name of readdirSync(publicFiles)) contents.set(name, readFileSync(join(publicFiles, name)));
  for (const [name, file] of Object.entries(bundle)) {
    if (file.type === "chunk") contents.set(name, file.code);
    else contents.set(name, file.source);
  }
  return contents;
}

// The worker isn't among the files, but a change of it alone is another version too.
function listed(contents: Contents): { version: string; files: string[] } {
  const version = createHash("sha256");
  const names = [...contents.keys()].sort();
  for (const name of names) version.update(name).update(contents.get(name)!);
  const files = names.filter((name) => name !== WORKER && !UNKEPT.test(name));
  return { version: version.digest("hex").slice(0, 16), files };
}
