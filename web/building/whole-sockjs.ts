// Puts the whole of sockjs-client beside the page, as sockjs.js: pages of other origins that may connect
// use the daemon's /chat/iframe.html where they find nothing better, and that loads it. Our page doesn't.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

export const WHOLE = "sockjs.js";

const PARTS = ["sockjs-client", "inherits", "querystringify", "requires-port", "url-parse"];

/** Adds that file, with the licences of all that is in it. */
export function wholeSockJS(): Plugin {
  let root = "";
  return {
    name: "whole-sockjs",
    apply: "build",
    configResolved: (config) => {
      root = config.root;
    },
    generateBundle() {
      const read = (path: string) => readFileSync(join(root, "node_modules", path), "utf8");
      const script = read("sockjs-client/dist/sockjs.min.js").replace(/^\/\/# sourceMappingURL=.*$/m, "");
      const licences = PARTS.map((name) => `/*\n${name}\n\n${read(`${name}/LICENSE`)}*/\n`);
      this.emitFile({ type: "asset", fileName: WHOLE, source: [script, ...licences].join("") });
    },
  };
}
