import { z } from "zod";

function isTarget(text: string): boolean {
  return text.startsWith("/") || (/^https?:/i.test(text) && URL.canParse(text));
}

/** A field of a request, as a client may send it. */
export const requestFieldSchema = z.tuple([
  z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "should be the name of a field such as Cookie"),
  z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, "should be the value of a field, on one line"),
]);

/** A request of which somebody wants to know what would become of it. */
export const explainRequestSchema = z
  .strictObject({
    method: z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/, "should be a method such as GET"),
    /** A whole URL, or a path, which is asked of the host that the fields name, or of the first site's. */
    url: z.string().refine(isTarget, 'should be a URL such as "http://shop.example/cart", or a path'),
    /** As a client sends them. */
    fields: z.array(requestFieldSchema),
    /** The client's address; null: of nobody in particular. */
    from: z.union([z.ipv4(), z.ipv6()], "should be an address such as 192.0.2.7").nullable(),
    /** The origin is asked, and its answer judged; nothing is stored. */
    fetch: z.boolean(),
  })
  .superRefine(({ fetch, method }, { addIssue }) => {
    if (!fetch || method === "GET" || method === "HEAD") return;
    const message = `asks the origin for real; it should be with GET or HEAD, not ${method}`;
    addIssue({ code: "custom", path: ["fetch"], message });
  });
export type ExplainRequest = z.infer<typeof explainRequestSchema>;

/** A field as people write it, "Cookie: lang=de", in the form of `fields`; undefined where it has no name. */
export function fieldIn(line: string): [name: string, value: string] | undefined {
  const [, name = "", value = ""] = /^([^:]*):(.*)$/s.exec(line) ?? [];
  return name.trim() === "" ? undefined : [name.trim(), value.trim()];
}

const seconds = z.number();
const reason = z.string();

/** One thing on the way of the request, in words. */
const stepSchema = z.strictObject({
  /** What it is about: "verdict", which is the first, "site", "rules", "key", "stored", "decision", "origin", "response". */
  about: z.string(),
  /** A line for people. */
  text: z.string(),
  /** "RFC 9111 §4.2"; null where it is a decision of this cache or of the operator. */
  clause: z.string().nullable(),
});

/** Something that could be changed, and what would be written for it. */
export const adviceSchema = z.strictObject({
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

/** What the origin is asked. */
const originSchema = z.strictObject({
  method: z.string(),
  /** Of several origins it is one of them that is asked so. */
  url: z.string(),
  /** As they are sent. Of credentials that the request did not have there are the names alone. */
  fields: z.array(z.tuple([z.string(), z.string()])),
  /** No client waits for it: it has been given what is stale, which is refreshed meanwhile. */
  inBackground: z.boolean(),
});

/** Who the request tells that it comes from: see rules/identity. */
const senderSchema = z.strictObject({
  /** "anonymous": nobody in particular. */
  kind: z.enum(["identified", "cookie", "anonymous"]),
  /** By what: "authorization", "x-api-key", "cookie session". */
  by: z.array(z.string()),
  /** Cookies that tell of nobody to the server: those of statistics and advertising. */
  ignoredCookies: z.array(z.string()),
});

/** How the origin failed when it was last asked for the key. */
const failureSchema = z.strictObject({
  /** "unreachable", or its status. */
  failure: z.union([z.literal("unreachable"), z.int()]),
  /** For so many seconds more it is not asked but for a client; 0 where that is over. */
  rests: seconds,
});

/** With `fetch`: what the origin has said, and what would be made of it. */
const fetchedSchema = z.strictObject({
  /** Null where there was no answer. */
  status: z.int().nullable(),
  /** What was wrong where there was none. */
  failure: z.string().nullable(),
  /** Null where they are not known: of one that confirmed what is stored, an answer has those of what is stored. */
  fields: z.array(z.tuple([z.string(), z.string()])).nullable(),
  /** How the end of its body is known. */
  framing: z.enum(["length", "chunked", "close"]).nullable(),
  milliseconds: z.number(),
  /** Whether it would be stored, and why: "stored-explicit", "set-cookie". */
  isStored: z.boolean(),
  reason,
  lifetime: seconds.nullable(),
  lifetimeSource: z.string().nullable(),
  /** Names of the rules that decide something of it. */
  rules: z.array(z.string()),
});
export type Fetched = z.infer<typeof fetchedSchema>;

/** What became known before it was put in words. */
const factsSchema = z.strictObject({
  /** As it is understood: "http://shop.example/cart?a=1". */
  url: z.string(),
  method: z.string(),
  /** The name of the site; "" is the one made of the flags, null: no site answers for the host. */
  site: z.string().nullable(),
  /** The client's address, as proxies that are trusted tell it; null: of nobody in particular. */
  client: z.string().nullable(),
  sender: senderSchema.nullable(),
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
  lastFailure: failureSchema.nullable(),
  /** Fields of responses that are obeyed before Cache-Control: "cdn-cache-control". */
  targeted: z.array(z.string()),
  /** Requests for the key that wait for the origin now: their answer may do for this one, too. */
  underWay: z.int(),
  /** Those of the site, whether one of them is asked or not. */
  origins: z.array(z.string()),
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
