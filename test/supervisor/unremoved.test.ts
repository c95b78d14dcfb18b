import { beforeEach, expect, test } from "bun:test";
import type { PurgeSelector } from "../../src/control/selector.ts";
import { createUnremoved, type Unremoved } from "../../src/supervisor/unremoved.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";

let clock: FakeClock;
let refusal: string | undefined;
/** Awaited before the keeper answers. */
let answering: Promise<void>;
let noteError: Error | undefined;
let calls: string[];
let asked: (readonly PurgeSelector[])[];
let troubles: string[];
let unremoved: Unremoved;

beforeEach(() => {
  clock = createFakeClock();
  refusal = undefined;
  answering = Promise.resolve();
  noteError = undefined;
  calls = [];
  asked = [];
  troubles = [];
  unremoved = createUnremoved({
    keeper: {
      async remove(selectors) {
        asked.push(selectors);
        calls.push(`remove ${selectors.length}`);
        await answering;
        if (refusal !== undefined) throw new Error(refusal);
        return { complete: 3, partial: 0, number: 7 };
      },
    },
    note(areThere) {
      if (noteError !== undefined) throw noteError;
      calls.push(areThere ? "note" : "no note");
    },
    clock,
    troubles: { note: ({ code, message }) => troubles.push(`${code} ${message}`) },
  });
});

const all = { by: "all" } as const;
const key = { by: "key", primaryKey: "/ a.example" } as const;
const target = (path: string) => ({ by: "target", target: path, host: null, site: null }) as const;

test("what the keeper could not remove is noted for the next start, and handed to it each second until it has removed it", async () => {
  refusal = "the keeper of the disk is down";
  unremoved.add([key, target("/a")]);
  unremoved.add([key]);
  expect(calls).toEqual(["note"]);
  expect(unremoved.marks).toEqual([key, target("/a")]);
  await clock.advance(1000);
  refusal = undefined;
  await clock.advance(5000);
  expect(calls).toEqual(["note", "remove 2", "remove 2", "no note"]);
  expect(asked[1]).toEqual([key, target("/a")]);
  expect(troubles).toEqual([
    "UNREMOVED store: what was removed is still on the disk: the keeper of the disk is down",
  ]);
  expect(unremoved.marks).toEqual([]);
});

test("what is marked once more while it is carried out stays marked, and is carried out once more", async () => {
  const answered = Promise.withResolvers<void>();
  answering = answered.promise;
  unremoved.add([key, target("/a")]);
  await clock.advance(1000);
  unremoved.add([key]);
  answered.resolve();
  await clock.advance(999);
  expect(unremoved.marks).toEqual([key]);
  await clock.advance(1001);
  expect(calls).toEqual(["note", "remove 2", "remove 1", "no note"]);
});

test("a keeper that takes long is not asked twice at a time", async () => {
  const answered = Promise.withResolvers<void>();
  answering = answered.promise;
  unremoved.add([key]);
  await clock.advance(5000);
  expect(asked).toHaveLength(1);
  answered.resolve();
  await clock.advance(1000);
  expect(unremoved.marks).toEqual([]);
});

test("of more than can be kept one mark on all there is takes the place", () => {
  const some = Array.from({ length: 1024 }, (_, number) => target(`/${number}`));
  unremoved.add(some);
  unremoved.add(some);
  expect(unremoved.marks).toHaveLength(1024);
  unremoved.add([key]);
  expect(unremoved.marks).toEqual([all]);
});

test("that no note can be left is told, and it is tried again each second while something is marked", async () => {
  noteError = Object.assign(new Error("read-only"), { code: "EROFS" });
  refusal = "database or disk is full";
  unremoved.add([all]);
  expect(troubles).toEqual([
    "EROFS store: removals that are not carried out yet cannot be noted for the next start: read-only",
  ]);
  noteError = undefined;
  await clock.advance(1000);
  expect(calls).toEqual(["note", "remove 1"]);
});

test("nothing is asked of the keeper while nothing is marked", async () => {
  await clock.advance(5000);
  expect(calls).toEqual([]);
});
