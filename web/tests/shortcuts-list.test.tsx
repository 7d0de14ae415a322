// @vitest-environment happy-dom
// The keys are called as on the keyboard that one has.

import { render } from "preact";
import { afterEach, expect, test, vi } from "vitest";
import { setLanguage } from "../src/texts";
import { Shortcuts } from "../src/ui/shortcuts-list";

afterEach(async () => {
  render(null, document.body);
  vi.restoreAllMocks();
  await setLanguage("auto");
});

function keys(platform: string): (string | null)[] {
  vi.spyOn(navigator, "platform", "get").mockReturnValue(platform);
  render(<Shortcuts onClose={() => {}} />, document.body);
  return [...document.querySelectorAll("kbd")].map(({ textContent }) => textContent);
}

test("on most", () => {
  expect(keys("Linux x86_64")).toEqual(
    expect.arrayContaining(["Ctrl+K", "Alt+Shift+↑", "Shift+Enter", "Page ↑"]),
  );
});

test("in German", async () => {
  await setLanguage("de");
  expect(keys("Win32")).toEqual(expect.arrayContaining(["Strg+K", "Umschalt+Eingabe", "Bild ↑"]));
});

test("on a Mac", () => {
  expect(keys("MacIntel")).toEqual(expect.arrayContaining(["⌘K", "⇧⌘F", "⌥⇧↑", "⇧Enter", "Page ↑"]));
});

test("on a Mac, in German", async () => {
  await setLanguage("de");
  expect(keys("MacIntel")).toEqual(expect.arrayContaining(["⌘K", "⇧Eingabe", "Bild ↑", "R"]));
});
