import { afterEach, expect, test } from "bun:test";
import type { EvictionCause } from "../../src/keeper/eviction.ts";
import { type Index, openIndex } from "../../src/keeper/index.ts";
import { createKeeperMeasures } from "../../src/keeper/measures.ts";
import { directoryForEachTest } from "../store/directory.ts";
import { collectTrouble, createClock } from "../store/samples.ts";
import { batchOf, newRow, newRowInFile } from "./batches.ts";

/** Why rows had to go is told of each of them, once. */

const clock = createClock();
const directory = directoryForEachTest(clock);
let index: Index | undefined;
afterEach(() => index?.close());

function open(bounds: Partial<Parameters<typeof openIndex>[0]>) {
  const told: [EvictionCause, number][] = [];
  const opened = openIndex({
    ...{ directory: directory.path, now: clock.now, seed: 1, onTrouble: collectTrouble().onTrouble },
    onEvicted: (cause, rows) => told.push([cause, rows]),
    ...bounds,
  });
  index = opened;
  return { told, index: opened };
}

const rows = (count: number, changes: Parameters<typeof newRow>[0] = {}) =>
  Array.from({ length: count }, (_, place) => newRow({ primaryKey: `/${place} a.example`, ...changes }));

test("those that serve nobody any more go before those that are in the way", () => {
  const { told, index } = open({});
  index.commit(batchOf([...rows(2, { spentAt: clock.now() - 1 }).slice(0, 1), ...rows(3).slice(1)]));
  const bytes = index.totals().bytes;
  index.evictionCandidates({ bytes: bytes / 2, files: 0 });
  expect(told).toEqual([
    ["spent", 1],
    ["room", 1],
  ]);
});

test("those that go for a commit are counted as well", () => {
  const { told, index } = open({ maxBytes: 20_000 });
  for (const row of rows(60)) index.commit(batchOf([row]));
  const gone = told.reduce((sum, [, count]) => sum + count, 0);
  expect(new Set(told.map(([cause]) => cause))).toEqual(new Set(["room"]));
  expect(gone).toBe(60 - index.totals().objects);
  expect(gone).toBeGreaterThan(0);
});

test("those of which there are too many files go for that, and those of one key for its variants", async () => {
  const { told, index } = open({ maxFiles: 1, maxVariantsPerKey: 2 });
  index.commit(batchOf([await newRowInFile(index, { primaryKey: "/one" })]));
  index.commit(batchOf([await newRowInFile(index, { primaryKey: "/two" })]));
  for (const variantKey of ["a", "b", "c"]) index.commit(batchOf([newRow({ variantKey })]));
  expect(told).toEqual([
    ["files", 1],
    ["variants", 1],
  ]);
});

test("each of several that go at once is counted: fewer variants may be kept than before", () => {
  const { index: former } = open({ maxVariantsPerKey: 8 });
  for (const variantKey of ["a", "b", "c", "d"]) former.commit(batchOf([newRow({ variantKey })]));
  former.close();
  const { told, index } = open({ maxVariantsPerKey: 2 });
  index.commit(batchOf([newRow({ variantKey: "e" })]));
  expect([told, index.totals().objects]).toEqual([[["variants", 3]], 2]);
});

test("the keeper tells them, with what there is, also when the index cannot be asked", () => {
  const measures = createKeeperMeasures({ every: () => () => undefined });
  measures.evicted("room", 2);
  measures.evicted("room", 3);
  const there = { totals: () => ({ bytes: 50, objects: 4 }), futureSpace: () => ({ bytes: 70, files: 1 }) };
  const evicted = { 'store_evictions_total{tier="disk",cause="room"}': 5 };
  const { counters, gauges } = measures.read(there);
  expect(counters).toMatchObject(evicted);
  expect(gauges).toMatchObject({
    'store_bytes{tier="disk"}': 70,
    'store_files{tier="disk"}': 1,
    'store_objects{tier="disk"}': 4,
  });
  const fails = () => {
    throw new Error("disk I/O error");
  };
  const silent = measures.read({ totals: fails, futureSpace: fails });
  expect(silent.counters).toMatchObject(evicted);
  expect(Object.keys(silent.gauges).filter((series) => series.startsWith("store"))).toEqual([]);
});
