// What one reads, on whatever device, and how one goes back and forth in it.

import { describe, expect, test } from "vitest";
import { FakeServer } from "./support/fake-server";
import {
  anotherBrowser,
  anotherTab,
  inFakeTime,
  isConnected,
  pass,
  person,
  place,
  texts,
  until,
} from "./support/people";

inFakeTime();

const many = (count: number, word = "text") => Array.from({ length: count }, (_, at) => `${word} ${at + 1}`);

describe("reading", () => {
  test("what is read in one tab is read in the other, and what isn't seen is unread in both", async () => {
    const server = new FakeServer();
    anotherBrowser();
    const ann = await person(server, "ann");
    anotherTab();
    const tab = await person(server, "ann");
    for (const text of ["one", "for @Ann."]) server.say("bob", "lobby", text);
    await pass(100);
    for (const each of [ann, tab]) {
      const { unread, mentions } = place(each, "lobby");
      expect([unread.value, mentions.value]).toEqual([2, 1]);
    }
    ann.watch(place(ann, "lobby"), true);
    await pass(2_000);
    expect(place(tab, "lobby").unread.value).toBe(0);
    server.say("bob", "lobby", "three");
    await pass(2_000);
    expect(place(tab, "lobby").unread.value).toBe(0);
    server.restart();
    await until(() => !isConnected(ann));
    server.say("bob", "lobby", "four");
    await until(() => isConnected(ann));
    await pass(1_000);
    expect(place(ann, "lobby").unread.value).toBe(1); // nobody has said that it is seen
  });

  test("what was missed is told as such, once", async () => {
    const server = new FakeServer();
    const ann = await person(server, "ann");
    const heard: [string, boolean][] = [];
    ann.onmessage = (_, { text }, missed) => void heard.push([text, missed]);
    server.say("bob", "lobby", "live");
    await pass(100);
    server.restart();
    server.say("bob", "lobby", "meanwhile");
    await until(() => !isConnected(ann));
    await until(() => isConnected(ann));
    await pass(1_000);
    expect(heard).toEqual([
      ["live", false],
      ["meanwhile", true],
    ]);
  });

  test("one goes back page by page, looks at what was said long ago, and comes forward again", async () => {
    const server = new FakeServer();
    for (const text of many(400)) server.say("bob", "lobby", text);
    const ann = await person(server, "ann");
    const lobby = place(ann, "lobby");
    expect(texts(lobby)).toEqual(many(400).slice(-100));
    void ann.older(lobby);
    await pass(100);
    expect(texts(lobby)).toEqual(many(400).slice(-200));
    void ann.around(lobby, 50);
    await pass(100);
    expect(texts(lobby)).toEqual(many(90).slice(10));
    server.say("bob", "lobby", "news");
    await pass(100);
    expect(texts(lobby)).not.toContain("news");
    while (lobby.past.value) {
      void ann.newer(lobby);
      await pass(100);
    }
    expect(texts(lobby)).toEqual([...many(400).slice(10), "news"]);
    void ann.older(lobby);
    await pass(100);
    expect(texts(lobby)).toEqual([...many(400), "news"]);
    expect(lobby.newest.hasOlder.value).toBe(false);
  });

  test("one can look at what was found in a conversation that was not read yet", async () => {
    const server = new FakeServer();
    anotherBrowser();
    const ann = await person(server, "ann");
    for (const text of many(150)) ann.say(ann.open("@ann"), text);
    anotherTab();
    const tab = await person(server, "ann");
    await pass(5_000);
    const talk = tab.open("@ann");
    void tab.around(talk, 20);
    await pass(1_000);
    expect(texts(talk)).toContain("text 20");
  });

  test("older messages that the server can't give just now can be asked for again", async () => {
    const server = new FakeServer();
    for (const text of many(120)) server.say("bob", "lobby", text);
    const ann = await person(server, "ann");
    const lobby = place(ann, "lobby");
    server.fault = ({ type }) => (type === "history" ? "unavailable" : undefined);
    void ann.older(lobby);
    await pass(2_000);
    expect([isConnected(ann), lobby.loading.value]).toEqual([true, false]);
    server.fault = () => undefined;
    void ann.older(lobby);
    await pass(100);
    expect(texts(lobby)).toEqual(many(120));
  });
});
