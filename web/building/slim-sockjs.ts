// Leaves out of sockjs-client what a page of the server's own origin in a browser of today never uses:
// a fourth of the first load. (Its entry point has all its transports, and no other one is offered.)

import type { Plugin } from "vite";

const EMPTY = "module.exports = {};";
const TRANSPORTS = ["websocket", "xhr-streaming", "eventsource", "xhr-polling", "jsonp-polling"];

const INSTEAD: Record<string, string> = {
  // As src/link.ts names them.
  "./transport-list": `module.exports = [${TRANSPORTS.map((name) => `require("./transport/${name}")`)}];`,
  // What browsers lacked before 2015.
  "./shims": EMPTY,
  "url-parse": "module.exports = class extends URL { set(part, value) { this[part] = value; } };",
  // Other origins, from browsers that can't ask them.
  "./info-iframe": EMPTY,
  "./iframe-bootstrap": "module.exports = () => {};",
  "./transport/sender/xdr": EMPTY,
  "./transport/sender/xhr-fake": EMPTY,
};

/** Puts these in the place of sockjs-client's own modules. */
export function slimSockJS(): Plugin {
  return {
    name: "slim-sockjs",
    enforce: "pre",
    resolveId(source, importer) {
      const [library] = importer?.match(/^.*\/sockjs-client\/lib\//) ?? [];
      return library && source in INSTEAD ? `${library}${source.replace("./", "")}.slim.js` : undefined;
    },
    load(id) {
      const [, name] = id.match(/\/sockjs-client\/lib\/(.*)\.slim\.js$/) ?? [];
      return name === undefined ? undefined : (INSTEAD[`./${name}`] ?? INSTEAD[name]);
    },
  };
}
