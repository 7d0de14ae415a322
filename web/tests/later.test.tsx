// @vitest-environment happy-dom
// A part of the page that can't be loaded.

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, expect, test, vi } from "vitest";
import type { Chat } from "../src/chat/chat";
import { t } from "../src/texts";
import { ChatContext } from "../src/ui/context";
import { later } from "../src/ui/later";

afterEach(() => {
  render(null, document.body);
  vi.restoreAllMocks();
});

test("it is said, it closes, and can be opened when the network is back", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const load = vi.fn().mockRejectedValueOnce(new TypeError("no network"));
  load.mockResolvedValue(() => <p>here it is</p>);
  const Part = later(load);
  const chat = { tell: vi.fn() };
  const close = vi.fn();
  const open = () =>
    act(() =>
      render(
        <ChatContext.Provider value={chat as unknown as Chat}>
          <Part onClose={close} />
        </ChatContext.Provider>,
        document.body,
      ),
    );
  open();
  await vi.waitFor(() => expect(close).toHaveBeenCalled());
  expect(chat.tell.mock.calls).toEqual([[{ what: "error", code: "", text: t().shell.notLoaded }]]);
  render(null, document.body);
  open();
  await vi.waitFor(() => expect(document.body.textContent).toBe("here it is"));
  expect(close).toHaveBeenCalledOnce();
});

test("nothing is said when nobody wants it any more", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  let fail = (_: Error) => {};
  const Part = later(
    () =>
      new Promise<never>((_, reject) => {
        fail = reject;
      }),
  );
  const chat = { tell: vi.fn() };
  act(() =>
    render(
      <ChatContext.Provider value={chat as unknown as Chat}>
        <Part onClose={() => {}} />
      </ChatContext.Provider>,
      document.body,
    ),
  );
  act(() => render(null, document.body));
  fail(new TypeError("no network"));
  await vi.waitFor(() => expect(warn).toHaveBeenCalled());
  await Promise.resolve();
  expect(chat.tell).not.toHaveBeenCalled();
});
