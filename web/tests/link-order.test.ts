// An answer is heard before what follows it: SockJS gives the messages of a frame without a pause
// between them.

import { expect, test } from "vitest";
import { Link } from "../src/link";
import type { Socket } from "../src/sockets";

/** Answers each command at once, with something before the answer and after it. */
function chatty(): Socket {
  const socket: Socket = {
    readyState: 1,
    onopen: null,
    onmessage: null,
    onclose: null,
    send(command) {
      const { id } = JSON.parse(command);
      for (const each of [{ type: "early" }, { type: "pong", id }, { type: "late" }])
        socket.onmessage?.({ data: JSON.stringify(each) });
    },
    close() {},
  };
  setTimeout(() => socket.onopen?.());
  return socket;
}

test("an answer is heard before what follows it", async () => {
  const heard: string[] = [];
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const push = ({ type }: { type: string }) => void heard.push(type);
  const link = new Link({ push, opened: open, tooBig() {}, status() {} }, chatty);
  link.open();
  await opened;
  const pong = (await link.ask({ type: "ping" })) as { type: string };
  heard.push(pong.type);
  await new Promise((resolve) => setTimeout(resolve));
  expect(heard).toEqual(["early", "pong", "late"]);
});
