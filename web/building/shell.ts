// Tells the service worker which files this build has.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin, Rolldown } from "vite";
import { firstLoad } from "./first-load.ts";
import { WHOLE } from "./whole-sockjs.ts";

const PLACE = "__SHELL__"; // the name of the list in src/sw.ts
const WORKER = "sw.js";
const UNKEPT = /\.(png|txt)$/; // icons for the system, and the licences
const LARGE = 64 * 1024; // bytes: nobody loads that without having asked for it

/** Names all that the page is made of in the service worker, but for large tables that it may load
 * later; and a version: of these files, just as they are. */
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
        const contents = contentsOf(bundle, publicFiles);
        const first = new Set(firstLoad(bundle).map(([name]) => name));
        const files = [...contents.keys()].filter((name) => {
          if (name === WORKER || name === WHOLE || UNKEPT.test(name)) return false;
          return first.has(name) || contents.get(name)!.length <= LARGE;
        });
        const list = JSON.stringify({ version: versionOf(contents), files: files.sort() });
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
function versionOf(contents: Contents): string {
  const version = createHash("sha256");
  for (const name of [...contents.keys()].sort()) version.update(name).update(contents.get(name)!);
  return version.digest("hex").slice(0, 16);
}
