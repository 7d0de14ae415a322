// Three people do what people do while everything goes wrong that can. Once all is well again, each
// of them sees what the server has: all of it, in order, once.

import { expect, test, vi } from "vitest";
import type { Chat } from "../src/chat/chat";
import type { Place } from "../src/chat/place";
import type { Message, Reaction } from "../src/model";
import { isDeed } from "../src/protocol";
import { Chance } from "./support/chance";
import type { FakeLog, Stored } from "./support/fake-log";
import { FakeServer, type Fault } from "./support/fake-server";
import { comes, inFakeTime, isConnected, messages, pass, until } from "./support/people";

inFakeTime();

const SEEDS = 60; // for each kind of world
const STEPS = 60;
const NICKS = ["ann", "bob", "cy"];
const ROOMS = ["lobby", "tea"];
const FAULTS: Fault[] = ["lost", "unanswered", "unavailable", "stored, unavailable", "rate_limited"];
const REACTIONS = ["👍", ":yes:"];

interface World {
  chance: Chance;
  server: FakeServer;
  people: Chat[];
  said: Map<string, Chat>; // text: by whom
}

/** Something that somebody does, or that happens. */
type Deed = (world: World, who: Chat, where: Place) => unknown;

const say: Deed = ({ said }, who, where) => {
  const text = `text ${said.size}`;
  said.set(text, who);
  who.say(where, text);
};

/** Do something to one of the messages that one sees. */
function to(
  isFor: (message: Message) => boolean,
  does: (world: World, who: Chat, where: Place, it: Message) => void,
): Deed {
  return (world, who, where) => {
    const all = messages(where.shown.value.items.value).filter((it) => !it.deleted && isFor(it));
    if (all.length > 0) does(world, who, where, world.chance.one(all));
  };
}

const edit = to(
  ({ mine }) => mine,
  ({ chance }, who, where, it) => who.edit(where, it, `${it.text}, ${chance.below(99)}`),
);
const erase = to(
  ({ mine }) => mine,
  (_, who, where, it) => who.erase(where, it),
);
const react = to(
  () => true,
  ({ chance }, who, where, it) => who.react(where, it, chance.one(REACTIONS), chance.happens(0.7)),
);
const around = to(
  () => true,
  (_, who, where, it) => who.around(where, it.seq),
);

const EVERYDAY: Deed[] = [
  ...[say, say, say, say, edit, erase, react, react, around],
  (_, who, where) => who.open(where.room.value),
  ({ chance }, who) => who.open(`@${chance.one(NICKS.filter((nick) => nick !== who.me.nick))}`),
  (_, who, where) => who.older(where),
  (_, who, where) => who.newer(where),
  (_, who, where) => who.around(where, Number.MAX_SAFE_INTEGER),
  (_, who) => who.watch(who.current.value, true),
  (_, who) => who.watch(who.current.value, false),
  ({ chance }, who, where) => who.typed(where, chance.happens(0.5)),
];

const TROUBLE: Deed[] = [
  ({ server, chance }) => server.sockets.length > 0 && chance.one(server.sockets).lose(),
  (_, who) => who.reconnect(),
  (_, who) => who.wake(true),
  (_, who) => who.offline(),
  ({ server, chance }) => {
    server.isDown = chance.happens(0.5);
  },
  ({ server }) => server.restart(),
];

const LEAVING: Deed = (_, who, where) => {
  if (where.room.value === "tea") who.leave(where);
};
const HIDING: Deed = (_, who, where) => where.isPrivate && who.leave(where);
const PRUNING: Deed = ({ server, chance }) => {
  for (const log of server.logs.values()) if (chance.happens(0.5)) log.prune(log.last - chance.below(5));
};
const BEGINNING_ANEW: Deed = ({ server, chance }) => server.restart(`epoch-${chance.below(1e9)}`);

async function live(world: World, deeds: readonly Deed[]): Promise<void> {
  const { chance, server, people } = world;
  server.fault = () => (chance.happens(0.05) ? chance.one(FAULTS) : undefined);
  for (let step = 0; step < STEPS; step++) {
    const who = chance.one(people);
    void chance.one(deeds)(world, who, chance.one([...who.places()]));
    if (chance.happens(0.7)) await pass(chance.below(chance.one([100, 300, 300, 5_000])));
  }
}

/** All is well again, and everybody reads everything. */
async function heal({ server, people }: World): Promise<void> {
  server.isDown = false;
  server.fault = () => undefined;
  for (const who of people) who.wake(true);
  await until(() => people.every(isConnected), 120_000);
  await pass(60_000);
  for (const who of people) {
    for (const room of ROOMS) who.open(room);
    for (const nick of NICKS) if (nick !== who.me.nick) who.open(`@${nick}`);
    await pass(1_000);
    for (const where of [...who.places()]) {
      who.open(where.room.value);
      void who.around(where, Number.MAX_SAFE_INTEGER);
      await pass(1_000);
    }
  }
  for (const who of people) for (const where of who.places()) await readAll(who, where);
}

async function readAll(who: Chat, where: Place): Promise<void> {
  for (let times = 0; where.newest.hasOlder.value && times < 200; times++) {
    void who.older(where);
    await pass(200);
  }
  expect(where.newest.hasOlder.value).toBe(false);
}

async function makeWorld(seed: number): Promise<World> {
  const chance = new Chance(seed);
  vi.spyOn(Math, "random").mockImplementation(chance.next);
  const server = new FakeServer();
  server.delay = () => 1 + chance.below(40);
  server.most = chance.one([2, 5, 1_000]);
  const people = NICKS.map((nick) => comes(server, nick));
  await until(() => people.every(isConnected));
  for (const who of people) who.open("tea");
  for (const who of people) who.open(`@${chance.one(NICKS.filter((nick) => nick !== who.me.nick))}`);
  await pass(1_000);
  return { chance, server, people, said: new Map() };
}

/** The log of what a place shows. */
function logOf({ server }: World, who: Chat, where: Place): FakeLog {
  if (!where.isPrivate) return server.log(where.room.value);
  return server.log([who.me.user, where.user].sort().join("+"));
}

/** How a message is to look, but for what is only known to those who saw it before it was pruned. */
function looks(log: FakeLog, { user, msgid, seq, text, deleted = false }: Stored) {
  const reactions = new Map<string, Set<string>>();
  for (const each of deleted ? [] : log.entries) {
    if (each.react !== msgid || each.of !== user) continue;
    const people = reactions.get(each.text) ?? new Set();
    reactions.set(each.text, people);
    if (each.active === false) people.delete(each.user);
    else people.add(each.user);
  }
  const all = [...reactions].filter(([, people]) => people.size > 0);
  return {
    seq,
    text,
    deleted,
    reactions: all.map(([each, people]) => [each, ...[...people].sort()].join(" ")).sort(),
  };
}

function shown({ seq, text, deleted, reactions }: Message) {
  const words = (one: Reaction) => [one.text, ...one.people.map(({ user }) => user).sort()].join(" ");
  return { seq, text, deleted, reactions: reactions.map(words).sort() };
}

function saidIn(log: FakeLog): Stored[] {
  return log.entries.filter((entry) => !isDeed(entry));
}

/** Everybody sees all that the server has, as it has it. */
function seesAll(world: World): void {
  for (const who of world.people) {
    for (const where of who.places()) {
      const log = logOf(world, who, where);
      const expected = saidIn(log).map((entry) => looks(log, entry));
      const seen = messages(where.newest.items.value).map(shown);
      expect(seen, `${who.me.nick} in ${where.room.value}`).toEqual(expected);
    }
  }
}

/** What was said is stored once, or it is shown why it is not, and can be sent again. */
function nothingIsLost({ server, said }: World): void {
  const stored = [...server.logs.values()]
    .flatMap(({ entries }) => entries)
    .filter((entry) => !isDeed(entry));
  for (const [text, who] of said) {
    const failed = [...who.places()]
      .flatMap(({ pending }) => pending.value)
      .filter((each) => each.text === text);
    const kept = stored.filter((each) => each.user === who.me.user && isText(each, text));
    const erased = stored.some((each) => each.user === who.me.user && each.deleted);
    if (kept.length + failed.length !== 1) expect([text, kept, failed, erased]).toEqual([text, [], [], true]);
    for (const { state } of failed) expect(state).toBe("failed");
  }
}

function isText({ text }: Stored, said: string): boolean {
  return text === said || text.startsWith(`${said}, `);
}

/** The counts are those of docs/protocol.md, and the server knows what was read. */
function countsRight(world: World): void {
  for (const who of world.people) {
    for (const where of who.places()) {
      const unread = saidIn(logOf(world, who, where)).filter(
        ({ seq, user, deleted }) => seq > where.read && user !== who.me.user && !deleted,
      );
      expect(where.unread.value, `${who.me.nick} in ${where.room.value}`).toBe(unread.length);
      expect(where.unreadBeyond.value).toBe(false);
      expect(where.untold).toBe(0);
    }
  }
}

const seeds = Array.from({ length: SEEDS }, (_, seed) => seed);

test.each(seeds)("all is seen, nothing is lost: seed %i", async (seed) => {
  const world = await makeWorld(seed);
  await live(world, [...EVERYDAY, ...TROUBLE, HIDING]);
  await heal(world);
  seesAll(world);
  nothingIsLost(world);
  countsRight(world);
});

test.each(seeds)("rooms are left and come into again: seed %i", async (seed) => {
  const world = await makeWorld(1_000 + seed);
  await live(world, [...EVERYDAY, ...TROUBLE, LEAVING, LEAVING]);
  await heal(world);
  seesAll(world);
  countsRight(world);
});

test.each(seeds)("not everything is kept: seed %i", async (seed) => {
  const world = await makeWorld(2_000 + seed);
  await live(world, [...EVERYDAY, ...TROUBLE, PRUNING]);
  await heal(world);
  seesKept(world);
});

test.each(seeds)("the server begins anew: seed %i", async (seed) => {
  const world = await makeWorld(3_000 + seed);
  await live(world, [...EVERYDAY, ...TROUBLE, BEGINNING_ANEW]);
  await heal(world);
  seesKept(world);
  for (const { pending } of world.people.flatMap((who) => [...who.places()]))
    expect(pending.value.filter(({ state }) => state !== "failed")).toEqual([]);
});

/** Everybody sees all that the server has, among what it has no longer. */
function seesKept(world: World): void {
  for (const who of world.people) {
    for (const where of who.places()) {
      const all = messages(where.newest.items.value);
      expect(new Set(all.map(({ key }) => key)).size).toBe(all.length);
      const items = where.newest.items.value;
      const anew = items.findLastIndex((item) => item.kind === "notice" && isAnew(item.happening));
      const seqs = messages(items.slice(anew + 1)).map(({ seq }) => seq);
      expect(seqs, `${who.me.nick} in ${where.room.value}`).toEqual([...seqs].sort((a, b) => a - b));
      for (const { user, msgid, text } of saidIn(logOf(world, who, where)))
        expect([all.find(({ key }) => key === `${user} ${msgid}`)?.text, where.room.value]).toEqual([
          text,
          where.room.value,
        ]);
    }
  }
}

function isAnew(happening: { what: string; why?: string }): boolean {
  return happening.what === "gap" && happening.why === "anew";
}
