import type { OriginFailure } from "./failure.ts";
import type { OriginAnswer } from "./forward.ts";
import type { Origins } from "./origins.ts";

/**
 * RFC 9111 §5.2.2.2 has a cache that is cut off from its origin answer 504, as one does to only-if-cached (§5.2.1.7): a 503 would
 * have clients ask again soon, who will get the same until the operator wants it otherwise.
 */
const failure: OriginFailure = {
  status: 504,
  reason: "offline",
  explanation: "the cache is offline and asks nobody; it has only what is stored",
};

const offline: OriginAnswer = { ok: false, failure };

/** The door to no origin. */
export function createOffline(): Origins {
  return Object.assign(() => Promise.resolve(offline), {
    stop: () => undefined,
    status: () => [],
    // None is missed.
    answers: async () => true,
    refusal: () => failure,
  });
}
