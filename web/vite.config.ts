// Builds the web client into static files that any path of any server can serve.

import { defineConfig } from "vite";
import { compressedCopies } from "./building/compressed.ts";
import { budget } from "./building/first-load.ts";
import { shell } from "./building/shell.ts";
import { slimSockJS } from "./building/slim-sockjs.ts";
import { wholeSockJS } from "./building/whole-sockjs.ts";

export default defineConfig({
  base: "./",
  define: { global: "globalThis" }, // sockjs-client's name for it
  plugins: [slimSockJS(), wholeSockJS(), shell(), budget(), compressedCopies()],
  build: {
    target: "es2022",
    outDir: "../build/web",
    emptyOutDir: true,
    assetsInlineLimit: 0, // data: addresses are not allowed, but for pictures
    license: { fileName: "licences.txt" },
    rolldownOptions: {
      input: ["index.html", "src/sw.ts"],
      checks: { bundlerTimings: false }, // a busy machine is no news
      output: {
        // A service worker keeps its name, so that browsers find the next one.
        entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
        // One file of what is needed at first compresses better than those parts of it that others share.
        codeSplitting: { groups: [{ name: "first", tags: ["$initial"], test: /^(?!.*\/sw\.ts$)/ }] },
      },
    },
  },
});
