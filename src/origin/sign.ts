import type { ReasonName } from "../rules/reason.ts";
import type { OriginAnswer } from "./forward.ts";

/**
 * What one request has told of an origin. "unreachable": it refuses, hangs, cannot be found or does not show that it is the
 * right one. "unwell": it has answered 502, 503 or 504, or broke off before its answer.
 */
export type Sign = "well" | "unwell" | "unreachable";

const signs: Partial<Record<ReasonName, Sign>> = {
  "origin-refused": "unreachable",
  "origin-not-found": "unreachable",
  "origin-untrusted": "unreachable",
  "origin-timeout": "unreachable",
  "origin-broken": "unwell",
};

/** Null where it tells nothing of the origin: the client did not send its request, or no descriptor was left here. */
export function signOf(answer: OriginAnswer): Sign | null {
  if (!answer.ok) return signs[answer.failure.reason] ?? null;
  const { status } = answer.response;
  return status >= 502 && status <= 504 ? "unwell" : "well";
}

/** Of an answer to a question for its health: an error of any kind is no "well". */
export function signOfProbe(answer: OriginAnswer): Sign | null {
  return answer.ok && answer.response.status >= 400 ? "unwell" : signOf(answer);
}
