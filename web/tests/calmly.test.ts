// What takes long to draw isn't drawn for each of many changes.

import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { calmly } from "../src/ui/calmly";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("the first change is told at once, of many that follow the last", () => {
  const source = signal(0);
  const told: number[] = [];
  const end = calmly(source, (value) => told.push(value));
  expect(told).toEqual([0]);
  vi.advanceTimersByTime(300);
  for (let value = 1; value <= 50; value++) source.value = value;
  expect(told).toEqual([0, 1]);
  vi.advanceTimersByTime(250);
  expect(told).toEqual([0, 1, 50]);
  vi.advanceTimersByTime(250);
  source.value = 51;
  expect(told).toEqual([0, 1, 50, 51]);
  source.value = 52;
  end();
  vi.runAllTimers();
  expect(told).toEqual([0, 1, 50, 51]);
});
