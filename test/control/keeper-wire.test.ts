import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createFrameReader, type Frame, FrameError } from "../../src/control/frames.ts";
import {
  committed,
  decodeBatch,
  encodeBatch,
  encodeMessage,
  type FromKeeperSocket,
  fromKeeperSocketSchema,
  type ToKeeperSocket,
  toKeeperSocketSchema,
} from "../../src/control/keeper-wire.ts";
import type { Batch, NewRow } from "../../src/store/disk/keeper.ts";
import { policy } from "../store/samples.ts";

function frameOf(bytes: Uint8Array): Frame {
  const [frame, ...others] = createFrameReader()(bytes);
  if (frame === undefined || others.length > 0) throw new Error("there should be one frame");
  return frame;
}

/** The message as the other side has it, and the bytes behind it. */
function heard(bytes: Uint8Array) {
  const frame = frameOf(bytes);
  return { message: toKeeperSocketSchema.parse(JSON.parse(frame.head)), frame };
}

const text = fc.string({ unit: "grapheme", maxLength: 20 });
const instant = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const marks = fc.array(fc.tuple(text, instant), { maxLength: 4 }).map((list) => new Map(list));
const uses = fc
  .array(fc.tuple(text, fc.record({ at: instant, hits: fc.nat() })), { maxLength: 4 })
  .map((list) => new Map(list));
const body = fc.option(fc.uint8Array({ maxLength: 200 }));
const row = fc
  .record({
    ...{ id: text, primaryKey: text, variantKey: text, status: fc.integer({ min: 100, max: 999 }) },
    ...{ version: instant, checksum: text, policy: text, fields: text, tags: fc.array(text) },
    ...{
      spentAt: fc.option(instant),
      lastUsedAt: instant,
      used: fc.boolean(),
      hits: fc.nat(),
      afterRemoval: instant,
    },
    ...{ body, size: fc.nat() },
  })
  .map(
    (columns): NewRow => ({
      ...columns,
      size: columns.body?.byteLength ?? columns.size,
      modifiedAt: columns.body === null ? 5 : null,
    }),
  );
const batch: fc.Arbitrary<Batch> = fc.record({
  inserts: fc.array(row, { maxLength: 5 }),
  updates: fc.array(row, { maxLength: 3 }).map((rows) => rows.map((columns) => ({ ...columns, body: null }))),
  uses,
  verified: marks,
  damaged: fc.array(text, { maxLength: 3 }),
});

test("a batch comes to the keeper as it was handed over, with its bodies", () => {
  fc.assert(
    fc.property(batch, fc.nat(), (given, request) => {
      const { message, frame } = heard(encodeBatch(request, given));
      if (message.kind !== "commit") throw new Error(message.kind);
      expect(message.request).toBe(request);
      const got = decodeBatch(message, frame);
      const plain = (rows: Batch["inserts"]) =>
        rows.map((one) => ({ ...one, body: one.body === null ? null : [...one.body] }));
      expect({ ...got, inserts: plain(got.inserts) }).toEqual({ ...given, inserts: plain(given.inserts) });
    }),
  );
});

test("a batch whose bodies are not as long as its rows say is refused", () => {
  const given = fc
    .sample(row, { numRuns: 50, seed: 1 })
    .filter(({ size, body }) => body !== null && size > 0);
  const { message, frame } = heard(
    encodeBatch(1, { inserts: given, updates: [], uses: new Map(), verified: new Map(), damaged: [] }),
  );
  if (message.kind !== "commit") throw new Error(message.kind);
  expect(() => decodeBatch(message, { bytes: frame.bytes.subarray(1) })).toThrow(FrameError);
  expect(() => decodeBatch(message, { bytes: new Uint8Array(frame.bytes.byteLength + 1) })).toThrow(
    FrameError,
  );
});

const response = {
  ...{ id: "i", primaryKey: "k", variantKey: "", status: 200, size: 9, version: 1.5 },
  fields: [["content-type", "text/plain"]] as [string, string][],
  policy: policy(),
};
const piece = { start: 0, end: 5, checksum: "c" };
const taken = { bytes: 4096, files: 1 };
const freshening = { fields: response.fields, policy: response.policy, variantKey: "v", version: 2 };

const toKeeper: ToKeeperSocket[] = [
  { kind: "remove", request: 1, selectors: [{ by: "key", primaryKey: "k" }, { by: "all" }] },
  { kind: "hold", space: taken },
  { kind: "grant", request: 2, space: taken },
  { kind: "giveBack", space: { bytes: -4096, files: 0 } },
  ...(
    [
      { change: "insert", response, piece, now: 1, afterRemoval: 7, taken },
      { change: "add", id: "i", piece, taken },
      { change: "merge", id: "i", parts: [piece, piece], merged: piece },
      { change: "complete", id: "i", checksum: "c", modifiedAt: 1 },
      { change: "weigh", id: "i" },
      { change: "freshen", id: "i", freshening, afterRemoval: 7 },
    ] as const
  ).map(
    (change) => ({ kind: "changePieces", request: 3, change: structuredClone(change) }) as ToKeeperSocket,
  ),
  { kind: "verify", request: 4, fix: true },
  { kind: "suspect" },
  { kind: "bye" },
];

const partial = { response, pieces: [piece], lastUsedAt: 1, used: true };
const fromKeeper: FromKeeperSocket[] = [
  { kind: "there", household: 1 },
  committed(1, { overtaken: ["a", "b"], removal: 7 }),
  { kind: "removed", request: 1, removed: 3, number: 8 },
  { kind: "granted", request: 1, isGranted: false },
  { kind: "changed", request: 1, entering: null },
  { kind: "changed", request: 1, entering: { outcome: "entered", row: partial } },
  { kind: "changed", request: 1, entering: { outcome: "belongs", row: partial } },
  { kind: "changed", request: 1, entering: { outcome: "refused", why: "complete" } },
  { kind: "refused", request: 1, code: "SQLITE_FULL", message: "no room" },
  { kind: "progress", request: 1, responses: 2, bytes: 3, total: 4 },
  { kind: "finding", request: 1, what: "wrong", where: "/a", removed: true },
  { kind: "verified", request: 1, responses: 2, bytes: 3 },
];

test.each(toKeeper)("%#: the keeper understands $kind", (message) => {
  expect(heard(encodeMessage(message)).message).toEqual(message);
});

test.each(fromKeeper)("%#: a worker understands $kind", (message) => {
  expect(fromKeeperSocketSchema.parse(JSON.parse(frameOf(encodeMessage(message)).head))).toEqual(message);
});

describe("refused is", () => {
  test.each([
    [toKeeperSocketSchema, { kind: "there" }],
    [toKeeperSocketSchema, { kind: "commit", request: 1, inserts: [] }],
    [toKeeperSocketSchema, { kind: "commit", ...empty(), inserts: [["id"]] }],
    [toKeeperSocketSchema, { kind: "remove", request: -1, selectors: [] }],
    [toKeeperSocketSchema, { kind: "remove", request: 1, selectors: [{ by: "none" }] }],
    [toKeeperSocketSchema, { kind: "grant", request: 1, space: { bytes: "9", files: 0 } }],
    [toKeeperSocketSchema, { kind: "changePieces", request: 1, change: { change: "insert" } }],
    [fromKeeperSocketSchema, { kind: "removed", request: 1, removed: 1 }],
    [fromKeeperSocketSchema, { kind: "there", household: 1, more: 1 }],
  ])("%#", (schema, message) => {
    expect(schema.safeParse(message).success).toBe(false);
  });
});

function empty() {
  return { request: 1, inserts: [] as unknown[], updates: [], uses: [], verified: [], damaged: [] };
}
