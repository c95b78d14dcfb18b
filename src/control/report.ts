import { z } from "zod";
import { causesSchema, volumeSchema } from "./cacheability.ts";
import { adviceSchema } from "./explanation.ts";

const count = z.int().nonnegative();

/** Something to be changed, for several targets of a site at once. */
const changeSchema = z.strictObject({
  site: z.string(),
  /** Why the origin was asked for those, and what became of its answers: see rules/reason. */
  forwarded: z.string(),
  reason: z.string(),
  /** Who would change it, what, and what would be copied: a rule of the file that is whole, or a field. */
  ...adviceSchema.shape,
  /** "/img/*": what the rule is for. */
  matches: z.string(),
  /** What it would have saved in the time that the report is of, at the most: had all been stored for long enough. */
  saves: volumeSchema,
  urls: z.array(z.string()),
});
export type Change = Readonly<z.infer<typeof changeSchema>>;

/** One page that is stored many times. */
const splitSchema = z.strictObject({
  site: z.string(),
  host: z.string(),
  path: z.string(),
  /** What makes copies of it, and of which name: "vary" and "user-agent", "cookie" and "lang", "query" and "utm_source". */
  by: z.enum(["vary", "cookie", "query", "host", "other"]),
  name: z.string(),
  copies: count,
  bytes: count,
  /** How many pages are split by the same, as far as that is known; of them this one has the most copies. */
  pages: count,
  /** Of what makes the copies, some of what was seen. */
  values: z.array(z.string()),
  advice: z.array(adviceSchema),
});
export type Split = Readonly<z.infer<typeof splitSchema>>;

/** A stored response that looks like one person's, or one that looks like everybody's and is not stored. */
const suspectSchema = z.strictObject({
  site: z.string(),
  url: z.string(),
  /** What it looks so by: 'its path has "account"', "the server sets the cookie session". */
  signs: z.array(z.string()),
  requests: count,
  advice: z.array(adviceSchema),
});
export type Suspect = Readonly<z.infer<typeof suspectSchema>>;

/** What was found by looking through what is stored. */
export const storedFindingsSchema = z.strictObject({
  /** How many stored responses were looked at, and whether that were all. */
  looked: count,
  isWhole: z.boolean(),
  splits: z.array(splitSchema),
  personal: z.array(suspectSchema),
});
export type StoredFindings = Readonly<z.infer<typeof storedFindingsSchema>>;

/** GET /report. */
export const reportSchema = causesSchema.extend({
  /** Milliseconds since the epoch. */
  startedAt: z.number(),
  /** What could have been a hit and was none. */
  avoidable: volumeSchema,
  /** What could be none: first requests, POST. */
  unavoidable: volumeSchema,
  /** What saves most, first; five at the most. */
  changes: z.array(changeSchema),
  stored: storedFindingsSchema,
  /** Why nothing could be found of what is stored; null where it was looked through. */
  storedProblem: z.string().nullable(),
  /** Pages that look public and are not stored. */
  unstored: z.array(suspectSchema),
});
export type Report = Readonly<z.infer<typeof reportSchema>>;
