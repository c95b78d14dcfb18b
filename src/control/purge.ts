import { z } from "zod";

/** What the operator, or somebody he lets do so, names: exactly one of these, and beside it whose and how. */
export const purgeRequestSchema = z
  .strictObject({
    /** "http://example.com/a?b": of that host where each host of its site has pages of its own, else of the whole site. */
    url: z.string().regex(/^https?:\/\//i, "should be a whole URL such as http://example.com/a"),
    /** "/a?b": of every host. */
    path: z.string().startsWith("/", "should begin with a slash, as /a does"),
    /** All whose URL or path begins so. */
    prefix: z.string().regex(/^(\/|https?:\/\/)/i, "should be the beginning of a path or of a whole URL"),
    /** "/img/**", or with a host, "http://example.com/img/*.png": see rules/target-glob. */
    glob: z
      .string()
      .regex(/^(\/|https?:\/\/)/i, "should be a path with stars, or a whole URL, such as /img/*.png"),
    /** All of that host. */
    host: z.string().min(1),
    /** All that bear the name: see rules/tags. */
    tag: z.string().min(1),
    /** All that bear one of the names. */
    tags: z.array(z.string().min(1)).min(1).max(1000),
    /** Of Cache-Groups (RFC 9875) alone. */
    group: z.string().min(1),
    all: z.literal(true),
    /** The name of a site: what is of others stays. Alone it is all of the site. */
    site: z.string(),
    /** What may be used stale stays, and is stale from now on. */
    soft: z.boolean(),
    /** Nothing goes: it is told what would. */
    dryRun: z.boolean(),
  })
  .partial()
  .refine(
    ({ site, soft: _, dryRun: __, ...named }) =>
      Object.keys(named).length === 1 || (Object.keys(named).length === 0 && site !== undefined),
    "there should be one of url, path, prefix, glob, host, site, tag, tags, group and all",
  );
export type PurgeRequest = z.infer<typeof purgeRequestSchema>;

const count = z.int().min(0);

/** A stored response that a purge would remove. */
export const listedSchema = z.strictObject({
  /** See rules/cache-key. */
  key: z.string(),
  /** See rules/vary: "" where the response depends on no field of the request. */
  variant: z.string(),
  status: z.int(),
  /** Bytes of the body. */
  size: count,
  isPartial: z.boolean(),
});
export type Listed = z.infer<typeof listedSchema>;

export const purgeAnswerSchema = z.strictObject({
  /** Stored responses, whole and partial. */
  purged: count,
  complete: count,
  partial: count,
  /** Answers on their way from the origin that go to those who wait, and are not stored. */
  inFlight: count,
  soft: z.boolean(),
  dryRun: z.boolean(),
  /** For people: "/a of every host". */
  lookedFor: z.string(),
  milliseconds: z.number().min(0),
  /** What would go, of many the first thousand; only where nothing has. */
  listed: z.array(listedSchema).optional(),
});
export type PurgeAnswer = z.infer<typeof purgeAnswerSchema>;

/** By whom a purge was asked for. */
export const askerSchema = z.strictObject({
  door: z.enum(["admin", "traffic"]),
  /** What it was asked by, as its User-Agent says: "cacheproxy" is the command. */
  by: z.string(),
  /** The client's address, where it came over a network. */
  client: z.string().nullable(),
});
export type Asker = z.infer<typeof askerSchema>;

const pastPurgeSchema = z.strictObject({
  /** Milliseconds since the epoch. */
  at: count,
  asker: askerSchema,
  lookedFor: z.string(),
  soft: z.boolean(),
  purged: count,
  complete: count,
  partial: count,
  inFlight: count,
  milliseconds: z.number().min(0),
  /** Why it is not certain that all was removed. */
  error: z.string().optional(),
});
export type PastPurge = z.infer<typeof pastPurgeSchema>;

/** Newest first. */
export const pastPurgesSchema = z.strictObject({ purges: z.array(pastPurgeSchema) });
