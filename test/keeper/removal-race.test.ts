import { beforeEach, expect, test } from "bun:test";
import type { DiskStore } from "../../src/store/disk/disk-store.ts";
import type { Selector } from "../../src/store/tier.ts";
import { directoryForEachTest } from "../store/directory.ts";
import { createClock, inFile, newResponse, policy, put } from "../store/samples.ts";

const { primaryKey } = newResponse();
const clock = createClock();
const directory = directoryForEachTest(clock);
let mine: DiskStore;
let other: DiskStore;
beforeEach(async () => {
  mine = directory.open();
  other = directory.open();
  // After it, commits are grouped: what follows waits.
  await put(mine, { primaryKey: "first" }, inFile);
});

const tagged = { policy: policy({ groups: ["news"] }) };

test.each<[string, Selector, boolean]>([
  ["its key", { by: "key", primaryKey }, true],
  ["its variant", { by: "variant", primaryKey, variantKey: "" }, true],
  ["another variant", { by: "variant", primaryKey, variantKey: "else" }, false],
  ["its target", { by: "target", target: "/" }, true],
  ["another target", { by: "target", target: "" }, false],
  ["a prefix of its target", { by: "prefix", targetPrefix: "/", host: "a.example" }, true],
  ["a prefix at another host", { by: "prefix", targetPrefix: "/", host: "b.example" }, false],
  ["its group", { by: "group", group: "news", host: null }, true],
  ["another group", { by: "group", group: "sport", host: null }, false],
  ["all", { by: "all" }, true],
])("a response whose row still waits when another process removes %s", async (_, selector, isRemoved) => {
  await put(mine, tagged, inFile);
  await other.remove(selector);
  mine.flush();
  expect((await other.find(primaryKey)).length).toBe(isRemoved ? 0 : 1);
  await mine.close();
  const firstIsThere = selector.by !== "all";
  expect(directory.files()).toHaveLength(Number(firstIsThere) + Number(!isRemoved));
});

test("a body that was on its way when another process removed it does not become findable", async () => {
  const writer = await mine.write(newResponse());
  await other.remove({ by: "all" });
  await writer.commit();
  writer.release();
  mine.flush();
  expect(await other.find(primaryKey)).toEqual([]);
});

test("what begins after a look-up that saw the removal is stored", async () => {
  await other.remove({ by: "all" });
  await mine.find(primaryKey);
  await put(mine);
  mine.flush();
  expect(await other.find(primaryKey)).toHaveLength(1);
});

test("what is stored while a removal of many goes on stays, and they all go", async () => {
  // The removal meets the youngest first.
  for (let i = 600; i > 0; i--) await put(other, { primaryKey: `/p/${String(i).padStart(3, "0")}` });
  other.flush();
  const removal = other.remove({ by: "prefix", targetPrefix: "/p/", host: null });
  await mine.find("/p/x");
  await put(mine, { primaryKey: "/p/x" });
  mine.flush();
  expect(await removal).toBe(600);
  expect(await other.find("/p/x")).toHaveLength(1);
});

test("a response that slept through more removals than are remembered is not stored", async () => {
  await put(mine);
  for (let i = 0; i < 4_100; i++) await other.remove({ by: "key", primaryKey: `other ${i}` });
  mine.flush();
  expect(await other.find(primaryKey)).toEqual([]);
});

test("a first piece that was on its way likewise", async () => {
  const writer = await mine.pieces.write(newResponse(), { start: 0, end: 5, size: 10 }, null);
  await writer.write(new Uint8Array(5));
  await other.remove({ by: "all" });
  await expect(writer.commit()).rejects.toMatchObject({ code: "OVERTAKEN" });
  writer.release();
  expect(await other.pieces.find(primaryKey)).toEqual([]);
});
