import { z } from "zod";

/** A request of which somebody wants to know what would become of it. */
export const explainRequestSchema = z.strictObject({
  method: z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/, "should be a method such as GET"),
  /** A whole URL, or a path, which is asked of the host that the fields name, or of the first site's. */
  url: z.string().min(1),
  /** As a client sends them. */
  fields: z.array(z.tuple([z.string(), z.string()])),
  /** The client's address; null: of nobody in particular. */
  from: z.string().nullable(),
  /** The origin is asked, and its answer judged; nothing is stored. */
  fetch: z.boolean(),
});
export type ExplainRequest = z.infer<typeof explainRequestSchema>;

const seconds = z.number();
const reason = z.string();

/** One thing on the way of the request, in words. */
const stepSchema = z.strictObject({
  /** What it is about: "site", "rules", "key", "stored", "decision", "origin", "response". */
  about: z.string(),
  /** Whole sentences. */
  text: z.string(),
  /** "RFC 9111 §4.2"; null where it is a decision of this cache or of the operator. */
  clause: z.string().nullable(),
});

/** Something that could be changed, and what would be written for it. */
const adviceSchema = z.strictObject({
  /** Who would change it: the origin's answer, the file, an option, or the client's request; "nothing": it is right as it is. */
  where: z.enum(["origin", "file", "option", "client", "nothing"]),
  text: z.string(),
  /** To be copied: a field, or lines of the file. Null where there is nothing to be written. */
  copy: z.string().nullable(),
});

const storedSchema = z.strictObject({
  /** Where it was found: "memory" is that of the worker that explains. */
  where: z.enum(["memory", "disk"]),
  isPartial: z.boolean(),
  status: z.int(),
  /** Bytes of the whole body, and of those how many are held. */
  size: z.int(),
  held: z.int(),
  type: z.string().nullable(),
  /** Fields of the request for which it was chosen, with what they held: ["accept-language", "de"]. */
  variant: z.array(z.tuple([z.string(), z.string().nullable()])),
  /** Whether the request selects it. */
  isSelected: z.boolean(),
  /** Why the request may not be given it, as `reason`; null where it may. */
  withheld: reason.nullable(),
  /** Seconds. `remaining` is negative where it is stale. */
  age: seconds,
  lifetime: seconds,
  remaining: seconds,
  /** Who has said the lifetime: "max-age", "rule", "heuristic", … */
  lifetimeSource: z.string(),
  staleWhileRevalidate: seconds,
  staleIfError: seconds,
  revalidateAlways: z.boolean(),
  revalidateWhenStale: z.boolean(),
  entityTag: z.string().nullable(),
  lastModified: z.string().nullable(),
  tags: z.array(z.string()),
  rules: z.array(z.string()),
});
export type StoredExplained = z.infer<typeof storedSchema>;

/** What becomes of the request now. */
const outcomeSchema = z.strictObject({
  kind: z.enum([
    /** Out of the store: fresh, put together of pieces, or stale. */
    "hit",
    "partial",
    "stale",
    /** The origin is asked: whether what is stored is right, for what is not stored, past the store, for a WebSocket. */
    "revalidate",
    "miss",
    "pass",
    "upgrade",
    /** It purges. */
    "purge",
    /** The cache answers by itself: it refuses, a rule denies or redirects, only-if-cached. */
    "own",
  ]),
  /** See rules/reason: for what asks the origin it is why it does. */
  reason,
  /** Of the answer, where it is known before the origin is asked. */
  status: z.int().nullable(),
});

/** What the origin is asked, and with `fetch` what it has said and what is made of that. */
const originSchema = z.strictObject({
  method: z.string(),
  url: z.string(),
  /** As they are sent, but for credentials. */
  fields: z.array(z.tuple([z.string(), z.string()])),
});

const fetchedSchema = z.strictObject({
  /** Null where there was no answer; then `reason` says why. */
  status: z.int().nullable(),
  fields: z.array(z.tuple([z.string(), z.string()])),
  /** How the end of its body is known. */
  framing: z.enum(["length", "chunked", "close"]).nullable(),
  milliseconds: z.number(),
  /** Whether it would be stored, and why: "stored-explicit", "set-cookie". */
  isStored: z.boolean(),
  reason,
  lifetime: seconds.nullable(),
  lifetimeSource: z.string().nullable(),
});
export type Fetched = z.infer<typeof fetchedSchema>;

/** What became known before it was put in words. */
export const factsSchema = z.strictObject({
  /** As it is understood: "http://shop.example/cart?a=1". */
  url: z.string(),
  method: z.string(),
  /** The name of the site; "" is the one made of the flags, null: no site answers for the host. */
  site: z.string().nullable(),
  /** Names of the rules that decide something of the request, or of the response that is stored or fetched. */
  rules: z.array(z.string()),
  /** What is looked up; null where nothing is. */
  key: z
    .strictObject({
      key: z.string(),
      target: z.string(),
      /** Beside target and host: "cookie lang=de". */
      marks: z.array(z.string()),
      /** What of the request counts neither for the key nor for the origin: "query utm_source", "cookie _ga". */
      leftOut: z.array(z.string()),
    })
    .nullable(),
  stored: z.array(storedSchema),
  outcome: outcomeSchema,
  /** Null where the origin is not asked. */
  origin: originSchema.nullable(),
  fetched: fetchedSchema.nullable(),
});
export type Facts = z.infer<typeof factsSchema>;

export const explanationSchema = factsSchema.extend({
  steps: z.array(stepSchema),
  advice: z.array(adviceSchema),
});
export type Explanation = z.infer<typeof explanationSchema>;
export type ExplainedStep = z.infer<typeof stepSchema>;
export type Advice = z.infer<typeof adviceSchema>;
