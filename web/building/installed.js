// Says by its status whether node_modules/ holds what package-lock.json asks for.
//
//   node building/installed.js [dev]    with `dev` also what is needed for tests alone

import { readFileSync } from "node:fs";

const wantsAll = process.argv[2] === "dev";
const read = (path) => JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url), "utf8"));

function isThere([path, { version, dev, optional, devOptional, peer }]) {
  if (optional || devOptional || peer || (dev && !wantsAll)) return true; // not everybody has it
  try {
    return read(`${path}/package.json`).version === version;
  } catch {
    return false;
  }
}

const { "": _, ...packages } = read("package-lock.json").packages;
process.exit(Object.entries(packages).every(isThere) ? 0 : 1);
