import { beforeEach, expect, test } from "bun:test";
import { createUnremoved, type Unremoved } from "../../src/supervisor/unremoved.ts";
import { createFakeClock, type FakeClock, settle } from "./fake-clock.ts";

let clock: FakeClock;
let refusal: string | undefined;
let calls: string[];
let troubles: string[];
let unremoved: Unremoved;

beforeEach(() => {
  clock = createFakeClock();
  refusal = undefined;
  calls = [];
  troubles = [];
  unremoved = createUnremoved({
    index: {
      async removeEarlier(selector, version) {
        calls.push(`remove ${selector.by} up to ${version}`);
        if (refusal !== undefined) throw Object.assign(new Error("cannot be written"), { code: refusal });
        return 3;
      },
      noteUnremoved: (areThere) => void calls.push(areThere ? "note" : "no note"),
    },
    clock,
    troubles: { note: ({ code, message }) => troubles.push(`${code} ${message}`) },
  });
});

const all = { by: "all" } as const;
const key = { by: "key", primaryKey: "/ a.example" } as const;

test("what workers could not remove is noted for the next start, and tried each second until it is removed", async () => {
  refusal = "SQLITE_FULL";
  unremoved.add({ selector: key, at: 1 });
  unremoved.add({ selector: key, at: 2 });
  expect(unremoved.marks).toEqual([{ selector: key, at: 2 }]);
  await clock.advance(1000);
  refusal = undefined;
  await clock.advance(5000);
  expect(calls).toEqual(["note", "remove key up to 2", "remove key up to 2", "no note"]);
  expect(troubles).toEqual(["SQLITE_FULL store: what was removed is still on the disk: cannot be written"]);
  expect(unremoved.marks).toEqual([]);
});

test("a mark that comes while the one before it is carried out is carried out, too", async () => {
  unremoved.add({ selector: key, at: 1 });
  const settled = unremoved.settle(key);
  unremoved.add({ selector: key, at: 2 });
  await settled;
  await clock.advance(1000);
  expect(calls.filter((call) => call.startsWith("remove"))).toEqual([
    "remove key up to 1",
    "remove key up to 2",
  ]);
});

test("who asks is told how many were removed, by then or a moment ago, and once", async () => {
  unremoved.add({ selector: all, at: 1 });
  expect(await unremoved.settle(all)).toBe(3);
  unremoved.add({ selector: key, at: 2 });
  await clock.advance(1000);
  expect([await unremoved.settle(key), await unremoved.settle(key)]).toEqual([3, 0]);
});

test("who asks is told why it cannot be removed, and of nothing that was never marked", async () => {
  refusal = "SQLITE_BUSY";
  unremoved.add({ selector: key, at: 1 });
  await expect(unremoved.settle(key)).rejects.toThrow("cannot be written");
  expect(await unremoved.settle(all)).toBe(0);
});

test("of more than can be kept one mark on all there is takes the place", async () => {
  refusal = "SQLITE_FULL";
  for (let i = 0; i <= 1024; i++) unremoved.add({ selector: { by: "target", target: `/${i}` }, at: i });
  expect(unremoved.marks).toEqual([{ selector: all, at: 1024 }]);
  await expect(unremoved.settle(key)).rejects.toThrow("cannot be written");
});

test("that no note can be left is told", async () => {
  const told: string[] = [];
  createUnremoved({
    index: {
      removeEarlier: async () => 0,
      noteUnremoved() {
        throw Object.assign(new Error("read-only"), { code: "EROFS" });
      },
    },
    clock,
    troubles: { note: ({ code }) => told.push(code) },
  }).add({ selector: all, at: 1 });
  await settle();
  expect(told).toEqual(["EROFS"]);
});
