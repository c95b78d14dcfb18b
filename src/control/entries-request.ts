import { z } from "zod";
import { entrySchema, wholeEntrySchema } from "./entries.ts";
import { findingsRequestSchema, foundSchema } from "./findings-request.ts";
import { selectorSchema } from "./selector.ts";

/** What the supervisor asks of the process that reads the index for it, and what that answers. */

/** By key; the largest, the oldest, those that end first, that were used last or have answered most come first. */
export const sorts = ["key", "size", "age", "left", "used", "hits"] as const;

const range = z.strictObject({ least: z.number().nullable(), most: z.number().nullable() });
export type Range = z.infer<typeof range>;

/** Where an entry lies in a list: `value` is what it is sorted by, in an order that time does not change. */
export const positionSchema = z.strictObject({ value: z.number(), key: z.string(), variant: z.string() });
export type Position = z.infer<typeof positionSchema>;

/** What must be so of an entry; null stands for anything. */
const wantedSchema = z.strictObject({
  tag: z.string().nullable(),
  /** In lower case: "text/html", "image/*". */
  type: z.string().nullable(),
  status: range,
  /** Of the whole body. */
  size: range,
  /** Seconds. */
  age: range,
  left: range,
  /** Milliseconds. */
  unusedFor: range,
  hits: range,
  isStale: z.boolean().nullable(),
  isPartial: z.boolean().nullable(),
});
export type Wanted = z.infer<typeof wantedSchema>;

const common = {
  /** What was removed and lies on the disk still: it is no entry. */
  hidden: z.array(selectorSchema),
  /** By the steady clock. */
  now: z.number(),
};

const entriesRequestSchema = z.strictObject({
  kind: z.literal("entries"),
  /** An entry is one that any of these names. */
  selectors: z.array(selectorSchema),
  wanted: wantedSchema,
  sort: z.enum(sorts),
  isReversed: z.boolean(),
  limit: z.int().min(1),
  /** The last entry of the page before. */
  after: positionSchema.nullable(),
  ...common,
});
export type EntriesRequest = z.infer<typeof entriesRequestSchema>;

const entryRequestSchema = z.strictObject({
  kind: z.literal("entry"),
  key: z.string(),
  variant: z.string(),
  ...common,
});
export type EntryRequest = z.infer<typeof entryRequestSchema>;

export const readRequestSchema = z.discriminatedUnion("kind", [
  entriesRequestSchema,
  entryRequestSchema,
  findingsRequestSchema,
]);
export type ReadRequest = z.infer<typeof readRequestSchema>;

const entriesReadSchema = z.strictObject({
  kind: z.literal("entries"),
  entries: z.array(entrySchema),
  /** Null where there are no more. */
  last: positionSchema.nullable(),
  looked: z.int().min(0),
  unreadable: z.int().min(0),
});
export type EntriesRead = z.infer<typeof entriesReadSchema>;

export const readAnswerSchema = z.discriminatedUnion("kind", [
  entriesReadSchema,
  /** Null where there is none of that name. */
  z.strictObject({ kind: z.literal("entry"), entry: wholeEntrySchema.nullable() }),
  foundSchema,
  /** The index cannot be read. */
  z.strictObject({ kind: z.literal("failure"), message: z.string() }),
]);
export type ReadAnswer = z.infer<typeof readAnswerSchema>;
