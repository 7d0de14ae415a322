// @vitest-environment happy-dom
// The title of the page and the icons: how much isn't read.

import { signal } from "@preact/signals";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Place } from "../src/chat/place";
import { showUnread } from "../src/title";

const lobby = new Place("lobby");
const bob = new Place("@bob");
const current = signal(lobby);

const icon = () => document.querySelector("link[rel=icon]")?.getAttribute("href");

describe("what isn't read", () => {
  const setAppBadge = vi.fn(async (_count?: number) => {});
  const clearAppBadge = vi.fn(async () => {});

  beforeEach(() => {
    document.head.innerHTML = '<link rel="icon" href="./icon.svg">';
    Object.assign(navigator, { setAppBadge, clearAppBadge });
    for (const place of [lobby, bob]) {
      place.unread.value = place.mentions.value = 0;
      place.unreadBeyond.value = false;
    }
    current.value = lobby;
    showUnread({ current, places: () => [lobby, bob].values() });
  });

  test("is nothing at first", () => {
    expect([document.title, icon()]).toEqual(["#lobby - rabbitchat", "./icon.svg"]);
    expect(clearAppBadge).toHaveBeenCalled();
  });

  test("stands in the title and as a dot on the icon", () => {
    lobby.unread.value = 3;
    expect([document.title, icon()]).toEqual(["(3) #lobby - rabbitchat", "./icon-unread.svg"]);
    expect(setAppBadge).toHaveBeenLastCalledWith(undefined);
    current.value = bob;
    expect(document.title).toBe("(3) @bob - rabbitchat");
    lobby.unread.value = 0;
    expect([document.title, icon()]).toEqual(["@bob - rabbitchat", "./icon.svg"]);
  });

  test("has a sign of its own where it concerns oneself", () => {
    lobby.unread.value = 3;
    bob.unread.value = bob.mentions.value = 2;
    expect([document.title, icon()]).toEqual(["(5) #lobby - rabbitchat", "./icon-mention.svg"]);
    expect(setAppBadge).toHaveBeenLastCalledWith(2);
  });

  test("is only said to be much when it is", () => {
    lobby.unread.value = 98;
    bob.unread.value = 1;
    expect(document.title).toBe("(99) #lobby - rabbitchat");
    lobby.unreadBeyond.value = true;
    expect(document.title).toBe("(99+) #lobby - rabbitchat");
    lobby.unread.value = 1_200;
    expect(document.title).toBe("(99+) #lobby - rabbitchat");
  });
});
