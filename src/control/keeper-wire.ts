import { z } from "zod";
import type { FieldList } from "../rules/fields.ts";
import type { Policy } from "../rules/policy.ts";
import type { Batch, Committed, NewRow } from "../store/disk/keeper.ts";
import type { RowColumns } from "../store/disk/row.ts";
import type { StoredResponse } from "../store/tier.ts";
import { encodeFrame, type Frame, FrameError } from "./frames.ts";
import { selectorSchema } from "./selector.ts";

/**
 * What workers and the keeper say to each other over the socket of the cache folder. Each side validates what it hears.
 * Policies and fields of a batch are texts of JSON, which the keeper enters as they are.
 */

const count = z.number().int().nonnegative();
const space = z.strictObject({ bytes: z.number(), files: z.number() });
const piece = z.strictObject({ start: count, end: count, checksum: z.string() });

const response = z.strictObject({
  id: z.string(),
  primaryKey: z.string(),
  variantKey: z.string(),
  status: z.number().int(),
  // The keeper enters them as they are, and who reads them looks at them once more: see disk/decoding.
  fields: z.custom<FieldList>((value) => Array.isArray(value)),
  policy: z.custom<Policy>((value) => typeof value === "object" && value !== null),
  size: count,
  version: z.number(),
}) satisfies z.ZodType<StoredResponse>;

const partialRow = z.strictObject({
  response,
  pieces: z.array(piece),
  lastUsedAt: z.number(),
  used: z.boolean(),
});

/**
 * See `RowColumns`, in an order of its own. Policy, fields and body are behind the message, one row after the other: here
 * are their lengths in bytes, null for a body in a file. Within the message they would be escaped, and read twice.
 */
const columns = z.tuple([
  z.string(),
  z.string(),
  z.string(),
  z.number().int(),
  count,
  z.number(),
  z.string(),
  count,
  count,
  count.nullable(),
  z.array(z.string()),
  z.number().nullable(),
  z.number(),
  z.boolean(),
  count,
  z.number().nullable(),
  z.number(),
]);
type Columns = z.infer<typeof columns>;

const pieceChange = z.discriminatedUnion("change", [
  z.strictObject({
    change: z.literal("insert"),
    ...{ response, piece, now: z.number(), afterRemoval: z.number(), taken: space },
  }),
  z.strictObject({ change: z.literal("add"), id: z.string(), piece, taken: space }),
  z.strictObject({ change: z.literal("merge"), id: z.string(), parts: z.array(piece), merged: piece }),
  z.strictObject({
    change: z.literal("complete"),
    ...{ id: z.string(), checksum: z.string(), modifiedAt: z.number() },
  }),
  z.strictObject({ change: z.literal("weigh"), id: z.string() }),
  z.strictObject({
    change: z.literal("freshen"),
    id: z.string(),
    freshening: response.pick({ fields: true, policy: true, variantKey: true, version: true }),
    afterRemoval: z.number(),
  }),
]);

const entering = z.discriminatedUnion("outcome", [
  z.strictObject({ outcome: z.literal("entered"), row: partialRow }),
  z.strictObject({ outcome: z.literal("belongs"), row: partialRow }),
  z.strictObject({ outcome: z.literal("refused"), why: z.string() }),
]);

/** `request` comes back in the answer; the one who asks gives them out. */
export const toKeeperSocketSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("commit"),
    request: count,
    inserts: z.array(columns),
    updates: z.array(columns),
    /** When each was used last, and how many requests it has answered since that was last told. */
    uses: z.array(z.tuple([z.string(), z.number(), count])),
    verified: z.array(z.tuple([z.string(), z.number()])),
    damaged: z.array(z.string()),
  }),
  z.strictObject({ kind: z.literal("remove"), request: count, selectors: z.array(selectorSchema) }),
  z.strictObject({ kind: z.literal("hold"), space }),
  z.strictObject({ kind: z.literal("grant"), request: count, space }),
  z.strictObject({ kind: z.literal("giveBack"), space }),
  z.strictObject({ kind: z.literal("changePieces"), request: count, change: pieceChange }),
  /** Compares all that is stored with its checksums; the operator's, not a worker's. */
  z.strictObject({ kind: z.literal("verify"), request: count, fix: z.boolean() }),
  /** The worker has read from the index what cannot be: it is to be looked through. */
  z.strictObject({ kind: z.literal("suspect") }),
  /** The worker ends in good order: nothing of what it brought is left over. */
  z.strictObject({ kind: z.literal("bye") }),
]);
export type ToKeeperSocket = z.infer<typeof toKeeperSocketSchema>;

export const fromKeeperSocketSchema = z.discriminatedUnion("kind", [
  /**
   * There is an index; said at the beginning where there is one, and each time another one is there. `household`: when
   * the keeper's supervisor began, by which a worker knows its own. Another's has found the cache folder removed.
   */
  z.strictObject({ kind: z.literal("there"), household: z.number() }),
  z.strictObject({
    kind: z.literal("committed"),
    request: count,
    overtaken: z.array(z.string()),
    removal: z.number(),
  }),
  z.strictObject({ kind: z.literal("removed"), request: count, removed: count, number: z.number() }),
  z.strictObject({ kind: z.literal("granted"), request: count, isGranted: z.boolean() }),
  z.strictObject({ kind: z.literal("changed"), request: count, entering: entering.nullable() }),
  z.strictObject({ kind: z.literal("refused"), request: count, code: z.string(), message: z.string() }),
  z.strictObject({
    kind: z.literal("progress"),
    request: count,
    responses: count,
    bytes: count,
    total: count,
  }),
  z.strictObject({
    kind: z.literal("finding"),
    request: count,
    what: z.string(),
    where: z.string(),
    removed: z.boolean(),
  }),
  z.strictObject({ kind: z.literal("verified"), request: count, responses: count, bytes: count }),
]);
export type FromKeeperSocket = z.infer<typeof fromKeeperSocketSchema>;

/** A message without bodies. */
export function encodeMessage(message: ToKeeperSocket | FromKeeperSocket): Uint8Array<ArrayBuffer> {
  return encodeFrame(JSON.stringify(message));
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeBatch(request: number, batch: Batch): Uint8Array<ArrayBuffer> {
  const { inserts, updates, uses, verified, damaged } = batch;
  const behind: Uint8Array[] = [];
  const head: ToKeeperSocket = {
    kind: "commit",
    request,
    inserts: inserts.map((row) => toColumns(row, row.afterRemoval, behind)),
    updates: updates.map((row) => toColumns(row, row.afterRemoval, behind)),
    uses: Array.from(uses, ([id, { at, hits }]) => [id, at, hits]),
    verified: [...verified],
    damaged: [...damaged],
  };
  return encodeFrame(JSON.stringify(head), behind);
}

/** Throws a `FrameError` when what is behind the message is not as long as the rows say. */
export function decodeBatch(
  message: Extract<ToKeeperSocket, { kind: "commit" }>,
  { bytes }: Pick<Frame, "bytes">,
): Batch {
  let at = 0;
  function next(length: number): Uint8Array {
    at += length;
    return bytes.subarray(at - length, at);
  }
  const toRow = (row: Columns): NewRow => ({ ...fromColumns(row, next), afterRemoval: row[16] });
  const inserts = message.inserts.map(toRow);
  const updates = message.updates.map(toRow);
  if (at !== bytes.byteLength) throw new FrameError("what is behind it is not as long as its rows say");
  return {
    inserts,
    updates,
    uses: new Map(message.uses.map(([id, at, hits]) => [id, { at, hits }])),
    verified: new Map(message.verified),
    damaged: message.damaged,
  };
}

export function committed(request: number, { overtaken, removal }: Committed): FromKeeperSocket {
  return { kind: "committed", request, overtaken: [...overtaken], removal };
}

/** Adds to `behind` what goes behind the message. */
function toColumns(row: RowColumns, afterRemoval: number, behind: Uint8Array[]): Columns {
  const { id, primaryKey, variantKey, status, size, version, checksum, body } = row;
  const [policy, fields] = [encoder.encode(row.policy), encoder.encode(row.fields)];
  behind.push(policy, fields);
  if (body !== null) behind.push(body);
  return [
    ...([id, primaryKey, variantKey, status, size, version, checksum] as const),
    ...([policy.byteLength, fields.byteLength, body === null ? null : body.byteLength] as const),
    [...row.tags],
    ...([row.spentAt, row.lastUsedAt, row.used, row.hits, row.modifiedAt, afterRemoval] as const),
  ];
}

function fromColumns(row: Columns, next: (length: number) => Uint8Array): RowColumns {
  const [id, primaryKey, variantKey, status, size, version, checksum, policyBytes, fieldsBytes] = row;
  const policy = decoder.decode(next(policyBytes));
  const fields = decoder.decode(next(fieldsBytes));
  const body = row[9] === null ? null : next(row[9]);
  const [tags, spentAt, lastUsedAt, used] = [row[10], row[11], row[12], row[13]];
  const [hits, modifiedAt] = [row[14], row[15]];
  return {
    ...{ id, primaryKey, variantKey, status, size, version, checksum, policy, fields, tags },
    ...{ spentAt, lastUsedAt, used, hits, modifiedAt, body },
  };
}
