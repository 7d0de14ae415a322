// @vitest-environment happy-dom
// A place in which nothing was said says so, and only such a one.

import { render } from "preact";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Place } from "../src/chat/place";
import type { Message } from "../src/model";
import { TalkEmpty } from "../src/ui/talk-empty";

let place: Place;

beforeEach(() => {
  place = new Place("tea");
  place.begin("e1", 0, 0);
  place.ready.value = true;
});
afterEach(() => render(null, document.body));

function says(): string | null {
  render(null, document.body);
  render(<TalkEmpty place={place} />, document.body);
  return document.body.textContent;
}

test("nothing was said here", () => {
  expect(says()).toBe("Nothing was said here yet.");
});

test.each([
  ["one is not in yet", () => (place.ready.value = false)],
  ["it is not read yet", () => (place.epoch = null)],
  ["it is just being read", () => (place.inflow.filling.value = true)],
  ["there is something older", () => (place.newest.hasOlder.value = true)],
  ["something is being sent", () => (place.pending.value = [{} as Message])],
])("but not while %s", (_, happens) => {
  happens();
  expect(says()).toBe("");
});
