import { z } from "zod";
import { selectorSchema } from "./selector.ts";

/** What is looked for in all that is stored, and found: an operator would want to change it. */

const count = z.int().min(0);

export const findingsRequestSchema = z.strictObject({
  kind: z.literal("findings"),
  /** What was removed and lies on the disk still. */
  hidden: z.array(selectorSchema),
  /** How long may be looked: what has not been seen by then is left out. */
  milliseconds: z.number().positive(),
  /** Names of rules that take Set-Cookie away. */
  cookieRules: z.array(z.string()),
});
export type FindingsRequest = z.infer<typeof findingsRequestSchema>;

/** One page that is stored many times. */
const foundSplitSchema = z.strictObject({
  site: z.string(),
  /** "" where all hosts of the site share it. */
  host: z.string(),
  path: z.string(),
  /** What makes copies of it: a field in Vary, a cookie or a field that the key has, names in the query, … */
  by: z.enum(["vary", "cookie", "header", "tracking", "query", "order", "host", "scheme"]),
  /** Of the field, the cookie, the parameters; of those for tracking several may go together. Hosts have none, nor has what comes twice by itself. */
  names: z.array(z.string()),
  copies: count,
  bytes: count,
  /** How many pages are split by the same, as far as that is known. */
  pages: count,
  /** So many of the copies were compared, and are so many different bodies. */
  compared: count,
  bodies: count,
  /** Of what makes the copies, some of what was seen, unless it may be a secret. */
  values: z.array(z.string()),
});
export type FoundSplit = Readonly<z.infer<typeof foundSplitSchema>>;

/** A stored response that is given to everybody and looks like one person's. */
const foundSuspectSchema = z.strictObject({
  site: z.string(),
  host: z.string(),
  scheme: z.enum(["http", "https"]),
  target: z.string(),
  /** Requests that it has answered. */
  hits: count,
  signs: z.array(z.string()),
  /** Names of the operator's rules that decided something when it was stored. */
  rules: z.array(z.string()),
  /** Whether one of these has it kept though the origin says no-store or private. */
  isForced: z.boolean(),
});
export type FoundSuspect = Readonly<z.infer<typeof foundSuspectSchema>>;

export const foundSchema = z.strictObject({
  kind: z.literal("findings"),
  /** How many stored responses were looked at, and whether that were all. */
  looked: count,
  isWhole: z.boolean(),
  /** What takes most copies, first. */
  splits: z.array(foundSplitSchema),
  /** What looks most like it, first. */
  personal: z.array(foundSuspectSchema),
});
export type Found = Readonly<z.infer<typeof foundSchema>>;
