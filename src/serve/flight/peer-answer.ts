import { z } from "zod";
import type { OriginResponse } from "../../origin/forward.ts";
import { reasons } from "../../rules/reason.ts";

/** What another worker gave for a request that waited for its fetch. */
export type PeerAnswer =
  /** The answer itself, complete with all a proxy adds. */
  | { readonly kind: "answer"; readonly response: OriginResponse }
  | Verdict
  /** The worker is gone or does not answer, or its answer broke off before its first byte. */
  | { readonly kind: "lost" };

const reasonName = z.enum(Object.keys(reasons) as [keyof typeof reasons, ...(keyof typeof reasons)[]]);

/** Why there is no answer: a landing without a response, or what has come of the landing there. */
export const verdictSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("look-again") }),
  z.strictObject({ kind: z.literal("unshared") }),
  z.strictObject({ kind: z.literal("error"), status: z.int() }),
  z.strictObject({
    kind: z.literal("failed"),
    failure: z.strictObject({
      status: z.literal([408, 502, 503, 504]),
      reason: reasonName,
      explanation: z.string(),
      retryAfter: z.int().optional(),
    }),
  }),
  /** The origin has not answered in the time that a request waits for another one. */
  z.strictObject({ kind: z.literal("slow") }),
  /** The response was chosen by these request fields, and for other values. */
  z.strictObject({ kind: z.literal("other-variant"), vary: z.array(z.string()) }),
  /** The response may not answer this request. */
  z.strictObject({ kind: z.literal("unusable") }),
]);
export type Verdict = z.infer<typeof verdictSchema>;

/**
 * What a worker asks another: a request as the origin would get it, with its key and what its site's rules have decided, and
 * the flight whose answer it waits for.
 */
export const questionSchema = z.strictObject({
  flight: z.string(),
  key: z.string(),
  clientCacheControl: z.enum(["honour", "ignore"]).optional(),
  areCookiesKeyed: z.boolean(),
  method: z.string(),
  target: z.string(),
  host: z.string(),
  fields: z.array(z.tuple([z.string(), z.string()])),
  protocol: z.enum(["http", "https"]),
});
export type Question = z.infer<typeof questionSchema>;

/** The field in which workers tell each other whether an answer is one; it leaves no worker. */
export const peerField = "cacheproxy-peer";
export const peerAnswered = "answer";
