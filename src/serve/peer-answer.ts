import { z } from "zod";
import type { OriginResponse } from "../origin/forward.ts";
import { reasons } from "../rules/reason.ts";

/** What another worker gave for a request that waited for its fetch. */
export type PeerAnswer =
  /** The answer itself, complete with all a proxy adds. */
  | { readonly kind: "answer"; readonly response: OriginResponse }
  | Verdict
  /** The worker is gone, or its answer broke off before its first byte. */
  | { readonly kind: "lost" };

const reasonName = z.enum(Object.keys(reasons) as [keyof typeof reasons, ...(keyof typeof reasons)[]]);

/** Why there is no answer: a landing without a response. */
export const verdictSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("look-again") }),
  z.strictObject({ kind: z.literal("unshared") }),
  z.strictObject({ kind: z.literal("error-covered"), status: z.int() }),
  z.strictObject({
    kind: z.literal("failed"),
    failure: z.strictObject({ status: z.literal([502, 504]), reason: reasonName, explanation: z.string() }),
  }),
]);
export type Verdict = z.infer<typeof verdictSchema>;

/** The field in which workers tell each other whether an answer is one; it leaves no worker. */
export const peerField = "cacheproxy-peer";
export const peerAnswered = "answer";
