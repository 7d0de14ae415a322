// Builds the web client into static files that any path of any server can serve.

import { defineConfig } from "vite";
import { compressedCopies } from "./building/compressed.ts";
import { budget } from "./building/first-load.ts";
import { shell } from "./building/shell.ts";

export default defineConfig({
  base: "./",
  define: { global: "globalThis" }, // sockjs-client's name for it
  plugins: [shell(), budget(), compressedCopies()],
  build: {
    target: "es2022",
    outDir: "../build/web",
    emptyOutDir: true,
    assetsInlineLimit: 0, // data: addresses are not allowed, but for pictures
    license: { fileName: "licences.txt" },
    rolldownOptions: {
      input: ["index.html", "src/sw.ts"],
      output: {
        // A service worker keeps its name, so that browsers find the next one.
        entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
      },
    },
  },
});
