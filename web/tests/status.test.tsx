// @vitest-environment happy-dom
// How one is connected, as it is shown.

import { signal } from "@preact/signals";
import { render } from "preact";
import { afterEach, expect, test } from "vitest";
import type { Chat } from "../src/chat/chat";
import type { Connection } from "../src/model";
import { ChatContext } from "../src/ui/context";
import { Status } from "../src/ui/status";

function status(connection: Connection, user: string, asked: boolean): (string | null)[] {
  const asking = signal(asked ? { problem: "" } : null);
  const chat = { connection: signal(connection), self: signal({ user, nick: "" }), asking };
  render(
    <ChatContext.Provider value={chat as unknown as Chat}>
      <Status />
    </ChatContext.Provider>,
    document.body,
  );
  const shown = document.querySelector<HTMLElement>("#status")!;
  return [shown.dataset.state!, shown.textContent];
}

afterEach(() => render(null, document.body));

test("nothing is said of it while one is asked for a first name", () => {
  expect(status({ state: "connecting" }, "", true)).toEqual(["connecting", ""]);
  expect(status({ state: "stopped", reason: "" }, "", true)).toEqual(["stopped", ""]);
});

test("it is said otherwise", () => {
  expect(status({ state: "connecting" }, "", false)).toEqual(["connecting", "connecting…"]);
  expect(status({ state: "stopped", reason: "" }, "a11", true)).toEqual(["stopped", "disconnected"]);
});
