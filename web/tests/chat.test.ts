// The chat as a whole, with a server in memory that goes wrong when it is told to.

import { describe, expect, test } from "vitest";
import type { Chat } from "../src/chat/chat";
import { FakeServer } from "./support/fake-server";
import {
  anotherBrowser,
  anotherTab,
  comes,
  inFakeTime,
  isConnected,
  messages,
  notices,
  pass,
  person,
  place,
  texts,
  until,
} from "./support/people";

inFakeTime();

const many = (count: number, word = "text") => Array.from({ length: count }, (_, at) => `${word} ${at + 1}`);

function lobby(chat: Chat) {
  return place(chat, "lobby");
}

/** The connection was lost: be back, and know everything. */
async function back(chat: Chat): Promise<void> {
  await until(() => !isConnected(chat));
  await until(() => isConnected(chat));
  await pass(1_000);
}

/** Lose the connection, and be back. */
async function away(server: FakeServer, chat: Chat, meanwhile: () => void): Promise<void> {
  await pass(100);
  server.isDown = true;
  for (const socket of [...server.sockets]) socket.lose();
  await pass(10);
  meanwhile();
  server.isDown = false;
  await until(() => isConnected(chat));
  await pass(1_000);
}

describe("what is said", () => {
  test("two people read each other, each message once", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    const bob = await person(server, "bob");
    ann.say(ann.current.value, "hello");
    expect(lobby(ann).pending.value).toMatchObject([{ text: "hello", state: "pending", mine: true }]);
    await pass(100);
    bob.say(bob.current.value, "hi");
    await pass(100);
    for (const each of [ann, bob]) expect(texts(each.current.value)).toEqual(["hello", "hi"]);
    expect(lobby(ann).pending.value).toEqual([]);
  });

  test.each(["lost", "unanswered", "unavailable", "stored, unavailable", "rate_limited"] as const)(
    "it is stored once though it is %s",
    async (fault) => {
      const server = new FakeServer();
      const ann = await person(server, "ann");
      let left = 3;
      server.fault = ({ type }) => (type === "publish" && left-- > 0 ? fault : undefined);
      ann.say(lobby(ann), "hello");
      ann.say(lobby(ann), "hello");
      await pass(60_000);
      expect(server.log("lobby").entries.map(({ text }) => text)).toEqual(["hello", "hello"]);
      expect(texts(lobby(ann))).toEqual(["hello", "hello"]);
      expect(lobby(ann).pending.value).toEqual([]);
    },
  );

  test("what is refused says why, and can be sent again or given up", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    const talk = ann.open("@nobody");
    await pass(100);
    ann.say(talk, "hello");
    ann.say(talk, "anybody?");
    await pass(100);
    expect(talk.pending.value.map(({ state, why }) => [state, why])).toEqual([
      ["failed", "no_such_user"],
      ["failed", "no_such_user"],
    ]);
    await person(server, "nobody");
    ann.discard(talk.pending.value[0]!);
    ann.retry(talk.pending.value[0]!);
    ann.retry(talk.pending.value[0]!);
    await pass(1_000);
    expect(talk.pending.value).toEqual([]);
    expect(texts(talk)).toEqual(["anybody?"]);
  });

  test("what is too big for the server fails, and the next is sent", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    ann.open("@nobody");
    server.fault = ({ text }, socket) => {
      if (text === "huge") socket.lose(1009);
      return undefined;
    };
    ann.say(lobby(ann), "huge");
    ann.say(lobby(ann), "small");
    await pass(10_000);
    expect(lobby(ann).pending.value).toMatchObject([{ text: "huge", state: "failed" }]);
    expect(texts(lobby(ann))).toContain("small");
  });

  test("an edit that fails for good is told, one that fails for now is made", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    ann.say(lobby(ann), "helo");
    await pass(100);
    const [message] = messages(lobby(ann).newest.items.value);
    let left = 1;
    server.fault = ({ edit }) => (edit && left-- > 0 ? "unavailable" : undefined);
    ann.edit(lobby(ann), message!, "hello");
    await pass(5_000);
    expect(texts(lobby(ann))).toEqual(["hello"]);
    ann.edit(lobby(ann), { ...message!, msgid: "another" }, "hello?");
    await pass(100);
    expect(notices(lobby(ann))).toEqual(["error"]);
    expect(lobby(ann).pending.value).toEqual([]);
  });

  test("somebody comes back: what was said meanwhile is there in order, and one's own is sent", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    server.say("bob", "lobby", "before");
    await away(server, ann, () => {
      for (const text of many(12)) server.say("bob", "lobby", text);
      ann.say(lobby(ann), "mine");
      server.most = 5;
    });
    expect(texts(lobby(ann))).toEqual(["before", ...many(12), "mine"]);
    expect(notices(lobby(ann))).toEqual([]);
  });

  test("after a hole in the pushes what lies between is read", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    server.say("bob", "lobby", "one");
    await pass(100);
    const { push } = server;
    server.push = () => {};
    for (const text of many(7)) server.say("bob", "lobby", text);
    server.push = push;
    server.most = 3;
    server.say("bob", "lobby", "last");
    await pass(2);
    server.say("bob", "lobby", "very last");
    await pass(1_000);
    expect(texts(lobby(ann))).toEqual(["one", ...many(7), "last", "very last"]);
  });

  test("an answer that leads nowhere isn't asked for again and again", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    for (const text of many(5)) server.say("bob", "lobby", text);
    await pass(100);
    server.log("lobby").page = () => ({ entries: server.log("lobby").entries.slice(0, 2), more: true });
    const [socket] = server.sockets;
    const before = socket!.sent.length;
    server.log("lobby").last = 20;
    server.say("bob", "lobby", "far away");
    await pass(5_000);
    expect(texts(lobby(ann))).toEqual([...many(5), "far away"]);
    expect(notices(lobby(ann))).toEqual(["gap: pruned"]);
    expect(socket!.sent.length - before).toBeLessThan(5);
  });

  test("pushes that come from a later release change nothing", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    server.push(
      () => true,
      () => ({ type: "poll", room: "lobby", user: "u", nick: "n", count: 7 }),
    );
    server.push(
      () => true,
      () => ({ type: "wave" }),
    );
    await pass(100);
    expect(lobby(ann).count.value).toBe(1);
    expect(lobby(ann).newest.items.value).toEqual([]);
  });
});

describe("what is no longer kept", () => {
  test("is told once", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    for (const text of many(3, "early")) server.say("bob", "lobby", text);
    await away(server, ann, () => {
      for (const text of many(9)) server.say("bob", "lobby", text);
      server.log("lobby").prune(10);
    });
    expect(texts(lobby(ann))).toEqual([...many(3, "early"), "text 8", "text 9"]);
    await away(server, ann, () => {});
    expect(notices(lobby(ann))).toEqual(["gap: pruned"]);
  });

  test("another log follows on what was seen of the one before, also with smaller seqs", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    ann.open("@bob");
    for (const text of many(9)) server.say("bob", "lobby", text);
    await away(server, ann, () => {
      server.restart("epoch-2");
      server.say("bob", "lobby", "new");
    });
    expect(texts(lobby(ann))).toEqual([...many(9), "new"]);
    expect(notices(lobby(ann))).toEqual(["gap: anew"]);
    expect(lobby(ann).unread.value).toBe(0); // who is new has missed nothing
  });

  test("what was stored in a log that is gone is shown as said", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    server.push = () => {};
    ann.say(lobby(ann), "stored");
    await pass(100);
    expect(lobby(ann).pending.value).toHaveLength(1);
    server.restart("epoch-2");
    await back(ann);
    expect(lobby(ann).pending.value).toEqual([]);
    expect(texts(lobby(ann))).toEqual(["stored"]);
  });

  test("a message that was stored long ago is pending no more", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    server.fault = ({ type }) => (type === "publish" ? "unanswered" : undefined);
    const { push } = server;
    server.push = () => {};
    ann.say(lobby(ann), "mine");
    await pass(100);
    server.push = push;
    server.fault = () => undefined;
    server.isDown = true;
    for (const text of many(6_000)) server.say("bob", "lobby", text);
    server.isDown = false;
    await until(() => isConnected(ann));
    await pass(1_000);
    expect(texts(lobby(ann))).toEqual(many(6_000).slice(-100)); // too much to be read at once
    expect(lobby(ann).newest.hasOlder.value).toBe(true);
    expect(lobby(ann).pending.value).toEqual([]);
  });
});

describe("rooms", () => {
  test("a room goes by the server's name, and so does what waits for it", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    server.isDown = true;
    server.restart();
    await pass(10);
    ann.open("#Straße");
    ann.say(ann.current.value, "hello");
    server.isDown = false;
    await until(() => isConnected(ann));
    await pass(1_000);
    expect(ann.rooms.value.map(({ room }) => room.value)).toEqual(["lobby", "strasse"]);
    expect(texts(ann.current.value)).toEqual(["hello"]);
    const current = ann.current.value;
    ann.open("STRASSE");
    expect(ann.current.value).toBe(current);
  });

  test("two names of one room become one place, which has all that was said", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann", "strasse");
    const first = ann.current.value;
    ann.open("Straße");
    ann.say(ann.current.value, "hello");
    await pass(1_000);
    expect(ann.current.value).toBe(first);
    expect(ann.rooms.value).toEqual([first]);
    expect(texts(first)).toEqual(["hello"]);
    expect(first.pending.value).toEqual([]);
  });

  test("a room that one may not enter says so once, and what was said there fails", async () => {
    const server = new FakeServer();
    server.refusedRooms.add("secret");
    const ann = await person(server, "ann");
    const secret = ann.open("secret");
    ann.say(secret, "hello");
    await pass(1_000);
    expect(secret.refused.value).not.toBe("");
    expect(secret.pending.value).toMatchObject([{ state: "failed", why: "you may not" }]);
    await away(server, ann, () => {});
    ann.say(secret, "hello?");
    await pass(1_000);
    expect(notices(secret)).toEqual(["error"]);
    expect(secret.pending.value.map(({ state }) => state)).toEqual(["failed", "failed"]);
    server.refusedRooms.clear();
    for (const message of secret.pending.value) ann.retry(message);
    await pass(1_000);
    expect(secret.refused.value).toBe("");
    expect(texts(secret)).toEqual(["hello", "hello?"]);
  });

  test("one leaves while one comes in, and comes again", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    server.delay = () => 50;
    ann.leave(ann.open("tea"));
    expect(ann.current.value).toBe(lobby(ann));
    const tea = ann.open("tea");
    await pass(20);
    ann.leave(tea);
    const again = ann.open("tea");
    ann.say(again, "hello");
    await pass(1_000);
    expect(texts(again)).toEqual(["hello"]);
    ann.leave(again);
    await pass(1_000);
    expect(server.sockets).toHaveLength(1);
    server.say("bob", "tea", "is she gone?");
    await pass(1_000);
    expect(ann.placeNamed("tea")).toBeUndefined();
  });

  test("who leaves a place looks at the next one, and always at one", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    for (const room of ["a", "m", "z"]) ann.open(room);
    ann.leave(ann.open("a"));
    expect(ann.current.value.room.value).toBe("lobby");
    ann.leave(ann.open("z"));
    expect(ann.current.value.room.value).toBe("m");
    ann.leave(ann.current.value);
    ann.leave(ann.current.value);
    await pass(1_000);
    expect(ann.current.value.room.value).toBe("lobby");
    expect(ann.current.value.ready.value).toBe(true);
  });

  test("a hundred rooms are come into no faster than the server likes, the one that is seen first", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann", "m");
    for (let at = 0; at < 100; at++) ann.open(`room-${at}`);
    ann.open("m");
    await pass(20_000);
    server.restart();
    await until(() => !isConnected(ann));
    await until(() => isConnected(ann));
    const [socket] = server.sockets;
    const joins = () => socket!.sent.filter(({ type }) => type === "join");
    expect(joins()[0]!.room).toBe("m");
    await pass(1_000);
    expect(joins().length).toBeLessThan(40);
    ann.say(ann.current.value, "hello");
    await pass(100);
    expect(texts(ann.current.value)).toEqual(["hello"]);
    await pass(10_000);
    expect(joins()).toHaveLength(101);
    expect(ann.rooms.value.every(({ ready }) => ready.value)).toBe(true);
  });

  test("a conversation that answers late holds up no room", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    const bob = await person(server, "bob");
    ann.open("tea");
    bob.say(bob.open("@ann"), "hello");
    await pass(1_000);
    server.restart();
    bob.say(bob.open("@ann"), "hello?");
    server.fault = ({ type }) => (type === "history" ? "rate_limited" : undefined);
    await pass(10_000);
    expect(ann.rooms.value.map(({ ready }) => ready.value)).toEqual([true, true]);
    server.fault = () => undefined;
    await pass(5_000);
    expect(texts(place(ann, "@bob"))).toEqual(["hello", "hello?"]);
  });
});

describe("private conversations", () => {
  test("are known by the other side's id, whatever it is called", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    const bob = await person(server, "bob");
    bob.say(bob.open("@ann"), "hello");
    await pass(100);
    const talk = ann.open("@bob");
    expect(talk.unread.value).toBe(1);
    expect(talk.mentions.value).toBe(1);
    void bob.rename("robert");
    await pass(100);
    expect(talk.room.value).toBe("@robert");
    ann.say(talk, "hello, robert");
    await pass(100);
    expect(texts(place(bob, "@ann"))).toEqual(["hello", "hello, robert"]);
  });

  test("somebody else takes the name", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    const bob = await person(server, "bob");
    bob.say(bob.open("@ann"), "I am the first");
    await pass(100);
    void bob.rename("robert");
    await pass(100);
    const other = await person(server, "bob");
    other.say(other.open("@ann"), "I am the second");
    await pass(100);
    expect(texts(place(ann, "@robert"))).toEqual(["I am the first"]);
    expect(texts(place(ann, "@bob"))).toEqual(["I am the second"]);
    ann.say(place(ann, "@robert"), "hello, robert");
    await pass(100);
    expect(texts(place(bob, "@ann"))).toEqual(["I am the first", "hello, robert"]);
  });

  test("one that is hidden comes back when something is said in it, and only that is new", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    const bob = await person(server, "bob");
    const say = (text: string) => bob.say(bob.open("@ann"), text);
    for (const text of many(3)) say(text);
    await pass(1_000);
    ann.open("@bob");
    ann.watch(ann.current.value, true);
    ann.leave(ann.current.value);
    await pass(5_000);
    expect(ann.talks.value).toEqual([]);
    say("news");
    await pass(1_000);
    expect(ann.talks.value).toHaveLength(1);
    expect(ann.talks.value[0]!.unread.value).toBe(1);
    expect(texts(ann.talks.value[0]!)).toEqual([...many(3), "news"]);
  });

  test("what is said while its beginning is read follows in order", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    const bob = await person(server, "bob");
    for (const text of many(4)) bob.say(bob.open("@ann"), text);
    server.delay = () => 100;
    bob.say(bob.open("@ann"), "and more");
    await pass(5_000);
    expect(texts(place(ann, "@bob"))).toEqual([...many(4), "and more"]);
  });

  test("one can write to somebody who comes back later than oneself", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    const bob = await person(server, "bob");
    bob.say(bob.open("@ann"), "hello");
    await pass(100);
    server.isDown = true;
    server.restart("epoch-2");
    await pass(10);
    bob.offline();
    ann.say(place(ann, "@bob"), "are you there?");
    server.isDown = false;
    await until(() => isConnected(ann));
    await pass(3_000);
    expect(place(ann, "@bob").pending.value).toMatchObject([{ state: "pending" }]);
    bob.wake(true);
    await pass(5_000);
    expect(texts(place(bob, "@ann"))).toEqual(["hello", "are you there?"]);
    expect(place(ann, "@bob").pending.value).toEqual([]);
  });
});

describe("who one is", () => {
  test("a name that is taken is said at once, but waited for when one comes back", async () => {
    const server = new FakeServer();
    const bob = await person(server, "bob");
    const other = comes(server, "bob");
    await until(() => other.asking.value);
    expect(other.connection.value.state).toBe("stopped");
    other.start("cy");
    await until(() => isConnected(other));
    server.restart("epoch-2"); // which knows nobody: who comes first has the name
    const thief = await person(server, "bob");
    expect(bob.asking.value).toBeNull();
    void thief.rename("thief");
    await until(() => isConnected(bob));
    expect(bob.me.nick).toBe("bob");
  });

  test("a name that isn't given back is asked for", async () => {
    const server = new FakeServer();
    server.isDown = true;
    const bob = comes(server, "bob");
    await pass(100);
    server.isDown = false;
    bob.start();
    await until(() => isConnected(bob));
    server.restart("epoch-2");
    await person(server, "bob");
    await until(() => bob.asking.value);
    expect(bob.connection.value.state).toBe("stopped");
  });

  test("another tab has become a new user: this one is that user, too", async () => {
    const server = new FakeServer();
    anotherBrowser();
    const ann = await person(server, "ann");
    ann.offline();
    server.restart("epoch-2");
    anotherTab();
    const tab = await person(server, "ann");
    ann.wake(true);
    await until(() => isConnected(ann));
    expect(ann.me.user).toBe(tab.me.user);
  });

  test("a tab knows the rooms of the others, after a reload", async () => {
    const server = new FakeServer();
    anotherBrowser();
    const first = await person(server, "ann");
    anotherTab();
    const second = await person(server, "ann");
    first.open("tea");
    second.open("coffee");
    second.leave(second.open("lobby"));
    anotherTab();
    const third = await person(server, "ann", "tea");
    expect(third.rooms.value.map(({ room }) => room.value)).toEqual(["coffee", "tea"]);
  });

  test("what waits outlives a reload, and is stored once", async () => {
    const server = new FakeServer();
    anotherBrowser();
    const ann = await person(server, "ann");
    server.fault = ({ type }) => (type === "publish" ? "unanswered" : undefined);
    ann.say(lobby(ann), "hello");
    await pass(3);
    server.isDown = true;
    server.restart();
    ann.say(lobby(ann), "hello again");
    ann.offline();
    server.isDown = false;
    server.fault = () => undefined;
    const reloaded = await person(server, "ann");
    await pass(1_000);
    expect(texts(lobby(reloaded))).toEqual(["hello", "hello again"]);
    expect(lobby(reloaded).pending.value).toEqual([]);
  });
});

describe("coming back", () => {
  test("a connection that is lost at any moment of coming in leaves nothing half done", async () => {
    for (let lost = 1; lost < 12; lost++) {
      const server = new FakeServer();
      server.most = 4;
      const ann = await person(server, "ann");
      const bob = await person(server, "bob");
      bob.say(bob.open("@ann"), "hello");
      for (const text of many(9)) server.say("cy", "lobby", text);
      await pass(100);
      let commands = 0;
      server.fault = (_, socket) => {
        if (socket !== server.sockets.at(-1)) return undefined;
        return ++commands === lost ? "unanswered" : undefined;
      };
      bob.offline();
      await away(server, ann, () => {
        for (const text of many(9, "more")) server.say("cy", "lobby", text);
        server.say("bob", `@+${ann.me.user || "0000000000000001"}`, "news");
      });
      await pass(20_000);
      expect(texts(lobby(ann))).toEqual([...many(9), ...many(9, "more")]);
      expect(texts(place(ann, "@bob"))).toEqual(["hello", "news"]);
      expect([...ann.places()].some(({ filling }) => filling)).toBe(false);
      ann.offline();
    }
  });

  test("it isn't said to be connected when the connection is lost again before one is in the room", async () => {
    const server = new FakeServer();
    server.fault = ({ type }) => (type === "join" ? "lost" : undefined);
    const ann = comes(server, "ann");
    const states = new Set<string>();
    ann.connection.subscribe(({ state }) => void states.add(state));
    await pass(10_000);
    expect([...states]).toEqual(["connecting", "waiting"]);
  });

  test("a place can be opened and connecting begun at any time", async () => {
    const server = new FakeServer();
    const ann = comes(server, "ann");
    for (const room of ["tea", "coffee", "tea"]) {
      ann.open(room);
      await pass(1);
      ann.reconnect();
    }
    await pass(1_000);
    ann.say(ann.current.value, "hello");
    await pass(100);
    expect(texts(place(ann, "tea"))).toEqual(["hello"]);
    expect(ann.rooms.value.map(({ ready }) => ready.value)).toEqual([true, true, true]);
    expect(server.sockets).toHaveLength(1);
  });
});
