import { z } from "zod";

/** Stored responses, as the operator is shown them. */

const count = z.int().min(0);
const seconds = z.number();
const instant = z.number();

/** One of many. */
export const entrySchema = z.strictObject({
  /** What it is stored under: see rules/cache-key. With `variant` it names the entry. */
  key: z.string(),
  /** See rules/vary: "" where the response depends on no field of the request. */
  variant: z.string(),
  /** What the key says, apart; `host` is "" where all hosts of the site share it. */
  target: z.string(),
  host: z.string(),
  site: z.string(),
  scheme: z.enum(["http", "https"]),
  marks: z.array(z.string()),
  status: z.int(),
  /** Content-Type, without parameters and in lower case. */
  type: z.string().nullable(),
  /** Bytes of the whole body, and of those how many are held. */
  size: count,
  held: count,
  isPartial: z.boolean(),
  /** Whole seconds. `left` is 0 or less where it is stale. */
  age: seconds,
  lifetime: seconds,
  left: seconds,
  isStale: z.boolean(),
  tags: z.array(z.string()),
  /** Milliseconds since the epoch; a use is noted once in a minute or so. */
  lastUsedAt: instant,
  /** Requests that it has answered, stale or confirmed by the origin among them; as far as it is known, which is a minute or more ago. */
  hits: count,
});
export type Entry = z.infer<typeof entrySchema>;

/** A page of the list. */
export const entriesAnswerSchema = z.strictObject({
  entries: z.array(entrySchema),
  /** What `after` says for the next page; null where this is the last. */
  next: z.string().nullable(),
  /** How many stored responses were looked at for this page, and how many of those cannot be read. */
  looked: count,
  unreadable: count,
  /** For people: "what begins with /img/, of every host". */
  lookedFor: z.string(),
  milliseconds: z.number().min(0),
});
export type EntriesAnswer = z.infer<typeof entriesAnswerSchema>;

/** All there is to know of one. */
export const wholeEntrySchema = entrySchema.extend({
  /** Names its body. */
  id: z.string(),
  version: z.number(),
  checksum: z.string(),
  /** Where the body lies: in the index, in a file of its own, or pieces of it in a file. */
  body: z.enum(["index", "file", "pieces"]),
  /** Bytes of the disk that body and row take. */
  footprint: count,
  /** As the origin sent them; what goes to nobody else is left out. */
  fields: z.array(z.tuple([z.string(), z.string()])),
  /** First and last byte of each piece that is held; empty where it is whole. */
  pieces: z.array(z.strictObject({ first: count, last: count })),
  /** When the origin answered, by which its age is reckoned. */
  respondedAt: instant,
  /** Who has said the lifetime: "max-age", "rule", "heuristic", … */
  lifetimeSource: z.string(),
  staleWhileRevalidate: seconds,
  staleIfError: seconds,
  /** no-cache; must-revalidate and its like; immutable. */
  revalidateAlways: z.boolean(),
  revalidateWhenStale: z.boolean(),
  immutable: z.boolean(),
  entityTag: z.string().nullable(),
  /** Milliseconds since the epoch. */
  lastModifiedAt: instant.nullable(),
  vary: z.array(z.string()),
  /** Whose requests it may answer: see `Audience` of rules/policy. */
  sharedWith: z.enum(["everyone", "unidentified", "anonymous"]),
  groups: z.array(z.string()),
  /** Names of the operator's rules that decided something when it was stored. */
  rules: z.array(z.string()),
  /** What becomes now of a plain GET that selects it. */
  reuse: z.strictObject({
    use: z.enum(["fresh", "stale", "revalidate"]),
    /** See rules/reason. */
    reason: z.string(),
    sentence: z.string(),
    clause: z.string().nullable(),
  }),
  /** The others of its key. */
  variants: z.array(entrySchema),
});
export type WholeEntry = z.infer<typeof wholeEntrySchema>;

/** With what the workers say of it. */
export const entryAnswerSchema = wholeEntrySchema.extend({
  /** The workers that have it in their memory now. */
  inMemoryOf: z.array(z.int()),
});
export type EntryAnswer = z.infer<typeof entryAnswerSchema>;
