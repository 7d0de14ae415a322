// Makes src/emoji/*.txt, the tables of all emoji, from emojibase-data. To be run when there are new
// ones that the systems of most people can show:
//
//   npm install --no-save emojibase-data@17.0.0 && node building/emoji.mjs
//
// A line is an emoji, with a + before it if it comes in tones of skin too; its names, what it is
// called and what it is found by, with tabs between. A line "=" begins a group.

import { readFileSync, writeFileSync } from "node:fs";

const SOURCE = new URL("../node_modules/emojibase-data/", import.meta.url);
const TABLES = new URL("../src/emoji/", import.meta.url);
const LANGUAGES = ["en", "de"];
const NEWEST = 15.1; // version of Emoji: later ones are empty boxes for many
const LONGEST = 40; // characters: a name that somebody would type
const COMPONENTS = 2; // a group of what makes emoji only together with others

function read(path) {
  return JSON.parse(readFileSync(new URL(path, SOURCE), "utf8"));
}

// GitHub's names, and Slack's where they mean nothing else to GitHub.
const [github, slack] = ["github", "iamcal"].map((kind) => read(`en/shortcodes/${kind}.json`));
const taken = new Set(Object.values(github).flat());

function namesOf({ hexcode }) {
  const names = [github[hexcode] ?? []].flat();
  const more = [slack[hexcode] ?? []].flat().filter((name) => !taken.has(name));
  return [...new Set([...names, ...more])].filter((name) => name.length <= LONGEST);
}

/** As Unicode has it, fully qualified: with U+FE0F only where it would be a plain sign without. */
function emojiOf({ hexcode }) {
  const emoji = String.fromCodePoint(...hexcode.split("-").map((code) => Number.parseInt(code, 16)));
  return /^.$/u.test(emoji) && !/\p{Emoji_Presentation}/u.test(emoji) ? `${emoji}\ufe0f` : emoji;
}

function lineOf(entry) {
  const { label, tags = [], skins = [] } = entry;
  const words = new Set(label.toLowerCase().split(/[^\p{L}\p{N}]+/u));
  const more = tags.filter((tag) => !words.has(tag.toLowerCase()));
  const tones = skins.length === 5 ? "+" : "";
  return [tones + emojiOf(entry), namesOf(entry).join(" "), label, more.join(" ")].join("\t");
}

const licence = readFileSync(new URL("LICENSE", SOURCE), "utf8")
  .trim()
  .replace(/^/gm, "# ")
  .replace(/ $/gm, "");

for (const language of LANGUAGES) {
  const lines = [`# Made by building/emoji.mjs from emojibase-data:\n#\n${licence}`];
  let last = -1;
  for (const entry of read(`${language}/data.json`).sort((one, other) => one.order - other.order)) {
    if (entry.group === undefined || entry.group === COMPONENTS || entry.version > NEWEST) continue;
    if (namesOf(entry).length === 0) continue;
    if (entry.group !== last) lines.push("=");
    last = entry.group;
    lines.push(lineOf(entry));
  }
  writeFileSync(new URL(`${language}.txt`, TABLES), `${lines.join("\n")}\n`);
}
