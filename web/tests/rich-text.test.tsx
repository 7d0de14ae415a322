// @vitest-environment happy-dom

import { signal } from "@preact/signals";
import { render } from "preact";
import { afterEach, expect, test } from "vitest";
import type { Chat } from "../src/chat/chat";
import { Place } from "../src/chat/place";
import { ChatContext } from "../src/ui/context";
import { RichText } from "../src/ui/rich-text";

const place = new Place("lobby");
place.peopled([{ user: "1", nick: "Bob" }], 1);
const chat = { current: signal(place) } as unknown as Chat;

function shown(text: string): HTMLElement {
  render(
    <ChatContext.Provider value={chat}>
      <RichText text={text} nick="ann" />
    </ChatContext.Provider>,
    document.body,
  );
  return document.body.querySelector<HTMLElement>(".text")!;
}

afterEach(() => render(null, document.body));

test("links open elsewhere, and tell nothing of where one comes from", () => {
  const link = shown("see https://a.example/.").querySelector("a")!;
  expect([link.getAttribute("href"), link.target, link.rel]).toEqual([
    "https://a.example/",
    "_blank",
    "noopener noreferrer",
  ]);
  expect(link.closest("[dir=ltr]")).not.toBeNull();
});

test("an address that looks like another one says who it is", () => {
  expect(shown("https://\u0430pple.example/").querySelector("small")!.textContent).toMatch(/^xn--/);
  expect(shown("https://apple.example/").querySelector("small")).toBeNull();
});

test("rooms are links within the page", () => {
  const link = shown("in #tea").querySelector("a")!;
  expect([link.getAttribute("href"), link.target]).toEqual(["#/room/tea", ""]);
});

test("oneself is marked, others plainly", () => {
  const text = shown("@ann @bob @cy");
  expect(text.querySelector("mark")!.textContent).toBe("@ann");
  expect([...text.querySelectorAll(".mention")].map((each) => each.textContent)).toEqual(["@bob"]);
});

test("each paragraph has a direction of its own", () => {
  expect(shown("a\n> b\nc").querySelectorAll('.lines[dir="auto"]').length).toBe(3);
});

test("code is shown as it is, with its language", () => {
  const text = shown("```js\n*a*  @ann\n```");
  expect(text.querySelector("pre code")!.textContent).toBe("*a*  @ann");
  expect(text.querySelector("pre small")!.textContent).toBe("js");
});

test("emoji alone are large", () => {
  expect(shown("🎉").className).toBe("text jumbo");
  expect(shown("🎉!").className).toBe("text");
});

test("markup of the web is text", () => {
  const text = shown("<b onclick=x>a</b> > <img src=x>\n> <script>\n```\n<i>");
  expect(text.querySelectorAll("b, img, script, i").length).toBe(0);
  expect(text.textContent).toContain("<b onclick=x>a</b> > <img src=x>");
});
