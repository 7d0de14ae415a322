// @vitest-environment happy-dom
// Who is here, while very many come and go.

import { signal } from "@preact/signals";
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Chat } from "../src/chat/chat";
import { Place } from "../src/chat/place";
import { ChatContext } from "../src/ui/context";
import { drawer, wide } from "../src/ui/layout";
import { People } from "../src/ui/people";

let place: Place;
let chat: Chat;

beforeEach(() => {
  vi.useFakeTimers();
  place = new Place("lobby");
  place.peopled(["cy", "ann"].map(member), 2);
  const self = signal(member("ann"));
  chat = { current: signal(place), rooms: signal([place]), self } as unknown as Chat;
});

afterEach(() => {
  act(() => render(null, document.body));
  drawer.value = null;
  vi.useRealTimers();
});

function member(nick: string) {
  return { user: `id of ${nick}`, nick };
}

function come(nick: string): void {
  act(() => place.moved(`id of ${nick}`, nick, place.count.value + 1));
}

function show(isWide: boolean): void {
  wide.value = isWide;
  act(() =>
    render(
      <ChatContext.Provider value={chat}>
        <People />
      </ChatContext.Provider>,
      document.body,
    ),
  );
}

function names(): string[] {
  return [...document.querySelectorAll("#people li")].map((each) => each.textContent);
}

function pass(time: number): void {
  act(() => void vi.advanceTimersByTime(time));
}

test("who comes is listed, of many at the same time a few times a second", () => {
  show(true);
  expect(names()).toEqual(["ann", "cy"]);
  pass(1_000);
  come("bob");
  expect(names()).toEqual(["ann", "bob", "cy"]);
  come("dan");
  come("al");
  expect(names()).toEqual(["ann", "bob", "cy"]);
  expect(document.querySelector("#count")!.textContent).toBe("5 here");
  pass(250);
  expect(names()).toEqual(["al", "ann", "bob", "cy", "dan"]);
});

test("nobody is sorted where the list can't be seen", () => {
  const read = vi.spyOn(place.members, "peek");
  show(false);
  come("bob");
  pass(1_000);
  expect(read).not.toHaveBeenCalled();
  act(() => {
    drawer.value = "people";
  });
  expect(names()).toEqual(["ann", "bob", "cy"]);
});
