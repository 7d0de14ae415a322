// @vitest-environment happy-dom

import { beforeEach, describe, expect, test } from "vitest";
import { loadEmoji } from "../src/emoji";
import { chooseTone, chosenTone, recentEmoji, TONES, toned, usedEmoji } from "../src/emoji/chosen";
import { de } from "../src/texts/de";
import { en } from "../src/texts/en";
import { setLanguage } from "../src/texts/index";

const RGI = new RegExp(["^\\p{RGI_Emoji}$"].join(), "v");

const first = async (prefix: string) => (await loadEmoji()).search(prefix, 1)[0]?.emoji;

beforeEach(async () => {
  await setLanguage("en");
  localStorage.clear();
});

describe("the table", () => {
  test.each(["en", "de"] as const)("has all emoji, each with names and in a group: %s", async (language) => {
    await setLanguage(language);
    const { groups } = await loadEmoji();
    const all = groups.flat();
    expect(groups.length).toBe((language === "en" ? en : de).emoji.groups.length);
    expect(all.length).toBeGreaterThan(1800);
    expect(new Set(all.map(({ emoji }) => emoji)).size).toBe(all.length);
    const names = all.flatMap((each) => each.names);
    expect(new Set(names).size).toBe(names.length);
    for (const each of all) {
      expect(each.emoji).toMatch(RGI);
      expect(each.name).toMatch(/\p{L}/u);
      for (const name of each.names) expect(name).toMatch(/^[\p{L}\p{N}_+-]{1,40}$/u);
      // Whatever is a reaction fits into one.
      expect([...toned(each, 5)].length).toBeLessThanOrEqual(32);
      if (each.tones)
        for (let tone = 1; tone < TONES.length; tone++) {
          expect(toned(each, tone)).toMatch(RGI);
        }
    }
  });

  test.each([
    ["tada", "🎉"],
    [":+1:", "👍"],
    ["thumbsup", "👍"],
    ["Heart", "❤️"],
    ["nobody", undefined],
    ["constructor", undefined],
  ])("named %s", async (name, emoji) => expect((await loadEmoji()).named(name)).toBe(emoji));

  test.each([
    ["heart", "❤️"], // the name itself, before others that begin so
    ["thumbsu", "👍"],
    ["thumbs_u", "👍"],
    ["THUMBS UP", "👍"],
    ["party", "🥳"],
    ["pinata", "🪅"],
    ["xyzzy", undefined],
  ])("search %s", async (prefix, emoji) => expect(await first(prefix)).toBe(emoji));

  test("no more are found than asked for", async () => {
    expect((await loadEmoji()).search("a", 7).length).toBe(7);
  });

  test("is found in the page's language too", async () => {
    await setLanguage("de");
    expect(await first("daumen hoch")).toBe("👍");
    expect(await first("thumbsup")).toBe("👍");
    expect(await first("fröhl")).toBe(await first("frohl"));
  });
});

test("what was used last comes first, and once", () => {
  for (const emoji of ["🎉", "👍", "🎉"]) usedEmoji(emoji);
  expect(recentEmoji()).toEqual(["🎉", "👍"]);
  for (let each = 0; each < 50; each++) usedEmoji(String(each));
  expect(recentEmoji().length).toBe(24);
  localStorage.setItem("emoji", '{"not": "a list"}');
  expect(recentEmoji()).toEqual([]);
});

test("the tone is kept, and only where there are tones", () => {
  chooseTone(3);
  expect(chosenTone()).toBe(3);
  const emoji = (sign: string, tones: boolean) => ({ emoji: sign, name: "", names: [], tones });
  expect(toned(emoji("👍", true), 3)).toBe("👍🏽");
  expect(toned(emoji("✌️", true), 1)).toBe("✌🏻");
  expect(toned(emoji("🎉", false), 3)).toBe("🎉");
  expect(toned(emoji("👍", true), 0)).toBe("👍");
  localStorage.setItem("emoji-tone", '"x"');
  expect(chosenTone()).toBe(0);
});
