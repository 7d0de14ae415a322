// From what somebody said to a conversation with that very person.

import { beforeEach, expect, test, vi } from "vitest";
import { talkWith } from "../src/ui/talk-with";
import { FakeServer } from "./support/fake-server";
import { inFakeTime, messages, pass, person } from "./support/people";

inFakeTime();

const address = { hash: "" };

beforeEach(() => vi.stubGlobal("location", address));

test("who has another nick by now is found, and whoever has the old one isn't meant", async () => {
  const server = new FakeServer();
  const ann = await person(server, "ann");
  const bob = await person(server, "bob");
  bob.say(bob.current.value, "hello");
  await pass(100);
  const { user, from } = messages(ann.current.value.newest.items.value)[0]!;
  const leadsTo = () => {
    talkWith(ann, user, from);
    return address.hash;
  };
  expect(leadsTo()).toBe("#/with/bob");
  void bob.rename("robert");
  await pass(100);
  expect(leadsTo()).toBe("#/with/robert");
  bob.leave(bob.current.value);
  bob.offline();
  await pass(100);
  expect(leadsTo()).toBe("#/with/bob");
  const other = await person(server, "bob");
  expect(leadsTo()).toBe(`#/with/${encodeURIComponent(`+${user}`)}`);
  other.say(other.open("@ann"), "I am another");
  await pass(100);
  expect(leadsTo()).toBe(`#/with/${encodeURIComponent(`+${user}`)}`);
});
