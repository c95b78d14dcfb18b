import { beforeEach, expect, test } from "bun:test";
import type { DiskStore } from "../../src/store/disk/disk-store.ts";
import type { StoredResponse } from "../../src/store/tier.ts";
import { directoryForEachTest } from "../store/directory.ts";
import { createClock, inFile, newResponse, put, putFew } from "../store/samples.ts";

const { primaryKey } = newResponse();
const clock = createClock();
const directory = directoryForEachTest(clock);
let mine: DiskStore;
let other: DiskStore;
let overtaken: string[];
beforeEach(async () => {
  overtaken = [];
  const onOvertaken = (responses: readonly StoredResponse[]) =>
    overtaken.push(...responses.map((response) => response.primaryKey));
  mine = directory.open({ onOvertaken });
  other = directory.open();
  // After it, commits are grouped: what follows waits.
  await put(mine, { primaryKey: "first" }, inFile);
});

test("a response whose row still waits when another process removes it is not stored, which its worker hears", async () => {
  await putFew(mine);
  await put(mine, {}, inFile);
  await other.remove({ by: "key", primaryKey });
  expect(directory.files()).toHaveLength(2);
  await mine.published();
  expect(await other.find(primaryKey)).toEqual([]);
  expect(overtaken).toEqual([primaryKey]);
  expect(directory.files()).toHaveLength(1);
});

test("a body that was on its way when another process removed it does not become findable", async () => {
  const writer = await mine.write(newResponse());
  await other.remove({ by: "all" });
  await writer.commit();
  writer.release();
  await mine.published();
  expect([await other.find(primaryKey), await mine.find(primaryKey)]).toEqual([[], []]);
});

test("what is asked for when the worker has been told of the removal is stored", async () => {
  const before = newResponse().askedAt;
  await other.remove({ by: "all" });
  mine.heed({ by: "all" }, other.lastRemoval());
  await expect(put(mine, { askedAt: before })).rejects.toMatchObject({ code: "OVERTAKEN" });
  await put(mine);
  await mine.published();
  expect(await other.find(primaryKey)).toHaveLength(1);
});

test("what is asked for when the worker has heard of the removal with an answer to a batch is stored", async () => {
  await other.remove({ by: "all" });
  await put(mine, { primaryKey: "second" });
  await mine.published();
  expect(overtaken).toEqual(["second"]);
  await put(mine);
  await mine.published();
  expect(await other.find(primaryKey)).toHaveLength(1);
});

test("a copy that was confirmed before a long removal does not outlive it, though its worker has heard of its number", async () => {
  for (let page = 0; page < 300; page++) await put(mine, { primaryKey: `/many/${page}` });
  await mine.published();
  const [last] = await other.find("/many/299");
  const { askedAt } = newResponse();
  const removing = other.remove({ by: "all" });
  // Some are there still when this worker hears of the removal's number with an answer of the keeper's.
  await put(mine, { primaryKey: "/new" });
  mine.flush();
  await mine.published();
  if (last === undefined) throw new Error("it should be stored");
  const { fields, policy } = last.response;
  expect(await mine.copyAs("br", last.response, fields, policy, askedAt)).toBeDefined();
  await removing;
  mine.flush();
  await mine.published();
  expect(await other.find("/many/299")).toEqual([]);
});

test("what a worker asks for that opens the index after the removal is stored at once", async () => {
  await other.remove({ by: "all" });
  const late = directory.open();
  await put(late);
  await late.published();
  expect(await other.find(primaryKey)).toHaveLength(1);
});

test("a first piece that was on its way likewise", async () => {
  const writer = await mine.pieces.write(newResponse(), { start: 0, end: 5, size: 10 }, null);
  await writer.write(new Uint8Array(5));
  await other.remove({ by: "all" });
  await expect(writer.commit()).rejects.toMatchObject({ code: "OVERTAKEN" });
  writer.release();
  expect(await other.pieces.find(primaryKey)).toEqual([]);
});
