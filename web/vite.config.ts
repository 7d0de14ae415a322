// Builds the web client into static files that any path of any server can serve.

import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  define: { global: "globalThis" }, // sockjs-client's name for it
  build: { target: "es2022", outDir: "../build/web", emptyOutDir: true, assetsInlineLimit: 0 },
});
