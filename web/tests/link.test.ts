// A connection that comes back by itself, with a server in memory.

import { describe, expect, test, vi } from "vitest";
import { Link, Lost, Refused } from "../src/link";
import type { Connection } from "../src/model";
import { FakeServer } from "./support/fake-server";
import { inFakeTime, pass } from "./support/people";

inFakeTime();

function begin(server = new FakeServer()) {
  const states: Connection[] = [];
  const client = {
    opened: vi.fn(),
    push: vi.fn(),
    tooBig: vi.fn(),
    status: (each: Connection) => void states.push(each),
  };
  const link = new Link(client, server.connect);
  link.open();
  return { server, client, link, states, last: () => states.at(-1)! };
}

const connect = { type: "connect" as const, nick: "ann" };

describe("a link", () => {
  test("answers are told apart, an error rejects", async () => {
    const { link } = begin();
    await pass(10);
    const all = Promise.allSettled([
      link.ask(connect),
      link.ask({ type: "leave", room: "x" }),
      link.ask({ type: "ping" }),
    ]);
    await pass(10);
    const [me, left, pong] = await all;
    expect(me).toMatchObject({ value: { nick: "ann" } });
    expect((left as PromiseRejectedResult).reason).toBeInstanceOf(Refused);
    expect(pong).toMatchObject({ value: { type: "pong" } });
  });

  test("what was too fast is said again, until the connection is lost", async () => {
    const { server, link } = begin();
    await pass(10);
    let left = 2;
    server.fault = () => (left-- > 0 ? "rate_limited" : undefined);
    const reply = link.ask({ type: "ping" });
    await pass(2_100);
    expect(await reply).toMatchObject({ type: "pong" });
    left = 1;
    const lost = link.ask({ type: "ping" }).catch((problem) => problem);
    await pass(100);
    link.open();
    expect(await lost).toBeInstanceOf(Lost);
    await pass(5_000);
    expect(server.sockets[0]!.sent).toEqual([]);
  });

  test("it comes back later each time, and says when", async () => {
    const { server, states, last } = begin();
    server.isDown = true;
    await pass(10);
    server.restart();
    await pass(10);
    const now = last();
    expect(now.state === "waiting" && now.until - Date.now()).toBeGreaterThan(200);
    await pass(60_000);
    const waits = states.filter((each) => each.state === "waiting");
    expect(waits.length).toBeLessThan(14);
    server.isDown = false;
    await pass(20_000);
    expect(last().state).toBe("connecting"); // only who introduces itself is connected
  });

  test.each([
    [3000, true],
    [3001, true],
    [3003, true],
    [3500, false],
    [3501, true],
    [3502, false],
    [3503, false],
    [1006, true],
  ])("after %i it comes back: %s", async (code, comesBack) => {
    const { server, last } = begin();
    await pass(10);
    server.sockets[0]!.lose(code, "why");
    await pass(5);
    expect(last()).toMatchObject(comesBack ? { state: "waiting" } : { state: "stopped", reason: "why" });
    await pass(20_000);
    expect(server.sockets).toHaveLength(comesBack ? 1 : 0);
  });

  test("it tells that something was too big", async () => {
    const { server, client } = begin();
    await pass(10);
    server.sockets[0]!.lose(1009);
    await pass(10);
    server.sockets[0]?.lose(1006, "http status 413");
    await pass(20_000);
    server.sockets[0]!.lose(1006, "http status 413");
    await pass(10);
    expect(client.tooBig.mock.calls.length).toBeGreaterThanOrEqual(2);
  });

  test("a server that doesn't answer any more is left", async () => {
    const { server, last } = begin();
    await pass(10);
    server.sockets[0]!.give = () => {};
    await pass(33_000); // a ping after 20 s, and no answer within 12 s
    expect(last().state).not.toBe("stopped");
    expect(server.sockets[0]!.sent.length).toBeLessThan(3);
    expect(server.sockets).toHaveLength(1);
  });

  test("who has slept comes back at once: the connection is a dead one", async () => {
    const { server, states } = begin();
    await pass(10);
    const [dead] = server.sockets;
    const before = states.length;
    vi.setSystemTime(Date.now() + 8 * 3_600_000);
    await pass(2_100);
    expect(dead!.closed).toBe(4000); // which is no good-bye
    expect(states.slice(before).map(({ state }) => state)).toEqual(["connecting"]);
    expect(server.sockets).toHaveLength(1);
  });

  test("after a short nap the connection has to show that it is alive", async () => {
    const { server } = begin();
    await pass(10);
    const [socket] = server.sockets;
    vi.setSystemTime(Date.now() + 30_000);
    await pass(3_000);
    expect(socket!.sent).toMatchObject([{ type: "ping" }]);
    expect(server.sockets).toEqual([socket]);
    socket!.give = () => {};
    vi.setSystemTime(Date.now() + 30_000);
    await pass(8_000);
    expect(server.sockets[0]).not.toBe(socket);
  });

  test("without a network it waits for one, and when it is stopped for nothing", async () => {
    const { server, link, last } = begin();
    await pass(10);
    link.offline();
    expect(last().state).toBe("offline");
    await pass(10_000);
    expect(server.sockets).toHaveLength(0);
    link.wake();
    await pass(10);
    expect(server.sockets).toHaveLength(1);
    link.stop("why");
    link.wake(Number.POSITIVE_INFINITY);
    link.offline();
    expect(last()).toEqual({ state: "stopped", reason: "why" });
  });
});
