// Who one is, in several tabs and after one has become somebody else.

import { describe, expect, test, vi } from "vitest";
import { setLanguage } from "../src/texts";
import { de } from "../src/texts/de";
import { FakeServer } from "./support/fake-server";
import {
  anotherBrowser,
  anotherTab,
  comes,
  inFakeTime,
  isConnected,
  messages,
  pass,
  person,
  place,
  texts,
  until,
} from "./support/people";

inFakeTime();

describe("who becomes somebody else", () => {
  test("reads what that one may read, and nothing that was another's", async () => {
    const server = new FakeServer();
    const [ann, zoe] = [await person(server, "ann"), await person(server, "zoe")];
    await person(server, "bob");
    await person(server, "cat");
    for (const text of ["one", "two", "three"]) zoe.say(zoe.open("@bob"), text);
    for (const name of ["@cat", "@bob", "lobby"]) ann.say(ann.open(name), `ann to ${name}`);
    await pass(1_000);
    ann.watch(ann.current.value, true);
    zoe.offline();
    server.say("bob", "lobby", "for whoever reads it");
    await pass(2_000);
    ann.become(zoe.session);
    await until(() => ann.me.nick === "zoe");
    await until(() => isConnected(ann));
    expect(ann.talks.value.map(({ room }) => room.value)).toEqual(["@bob"]);
    expect(texts(ann.open("@bob"))).toEqual(["one", "two", "three"]);
    await pass(1_000);
    const lobby = messages(place(ann, "lobby").newest.items.value);
    expect(lobby.map(({ text, mine }) => [text, mine])).toEqual([
      ["ann to lobby", false],
      ["for whoever reads it", false],
    ]);
  });

  test("is who one was when nobody has that word, also after a reload in between", async () => {
    const server = new FakeServer();
    anotherBrowser();
    const ann = await person(server, "ann");
    const { user } = ann.me;
    ann.offline();
    ann.become("0000.nobody");
    ann.become("0000.nobody-else");
    ann.offline();
    anotherTab();
    const reloaded = comes(server, "ann");
    await until(() => isConnected(reloaded));
    expect(reloaded.me.user).toBe(user);
    ann.wake(true);
    await until(() => isConnected(ann));
    expect(ann.me).toEqual({ user, nick: "ann" });
  });
});

test("a nick that was taken in another tab stays, whichever of them comes back", async () => {
  const server = new FakeServer();
  anotherBrowser();
  const ann = await person(server, "ann");
  anotherTab();
  const tab = await person(server, "ann");
  ann.offline();
  void tab.rename("anna");
  await pass(100);
  ann.wake(true);
  await until(() => isConnected(ann));
  expect(ann.me).toEqual(tab.me);
  expect(server.userOf("anna")).toBeDefined();
});

test("a nick that was taken on another device stays when this one comes back", async () => {
  const server = new FakeServer();
  anotherBrowser();
  const ann = await person(server, "ann");
  anotherBrowser();
  const phone = await person(server, "phone");
  phone.become(ann.session);
  await until(() => isConnected(phone) && phone.me.user === ann.me.user);
  ann.offline();
  void phone.rename("anna");
  await pass(100);
  ann.wake(true);
  await until(() => isConnected(ann));
  expect(ann.me).toEqual(phone.me);
  expect(ann.me.nick).toBe("anna");
});

test("a person is the same in capitals and small letters", async () => {
  const server = new FakeServer();
  const ann = await person(server, "ann");
  const bob = await person(server, "bob");
  ann.say(ann.open("@BOB"), "are you there?");
  bob.say(bob.open("@Ann"), "yes");
  await pass(1_000);
  for (const each of [ann, bob]) {
    expect(each.talks.value).toEqual([each.current.value]);
    expect(texts(each.current.value)).toEqual(["are you there?", "yes"]);
  }
  expect(ann.open("@boB").room.value).toBe("@bob");
});

test("why something was refused is said in the language of the page", async () => {
  const server = new FakeServer();
  const ann = await person(server, "ann");
  vi.stubGlobal("document", { documentElement: {} });
  await setLanguage("de");
  try {
    ann.say(ann.open("@nobody"), "hello?");
    await until(() => place(ann, "@nobody").pending.value[0]?.state === "failed");
    expect(place(ann, "@nobody").pending.value[0]!.why).toBe(de.errors.no_such_user);
  } finally {
    await setLanguage("en");
  }
});
