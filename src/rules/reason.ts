import { failed } from "./reason-failed.ts";
import { unstored } from "./reason-unstored.ts";

/**
 * Every outcome, named once. The name goes to Cache-Status, the log and the counters; `explain` makes a
 * sentence of it. `clause` is where the rule comes from; null where it is a decision of this cache.
 */
export const reasons = {
  // Reuse (RFC 9111 §4)
  "hit-fresh": { clause: "RFC 9111 §4.2", sentence: "served from the cache: the stored response is fresh" },
  "hit-immutable": {
    clause: "RFC 8246 §2",
    sentence:
      "served from the cache: the stored response is fresh and immutable, so a reload need not ask again",
  },
  "hit-max-stale": {
    clause: "RFC 9111 §5.2.1.2",
    sentence: "served from the cache: the stored response is stale, and the request's max-stale accepts that",
  },
  "hit-stale-while-revalidate": {
    clause: "RFC 5861 §3",
    sentence:
      "served stale from the cache while it is refreshed in the background: stale-while-revalidate allows it",
  },
  "hit-stale-if-error": {
    clause: "RFC 5861 §4",
    sentence: "served stale from the cache: the origin failed, and stale-if-error allows it",
  },
  outage: {
    clause: "RFC 9111 §4.2.4",
    sentence:
      "served stale from the cache: the origin cannot be reached, and the operator's max-outage allows it",
  },
  "revalidate-stale": {
    clause: "RFC 9111 §4.2.4",
    sentence: "asked the origin: the stored response is stale",
  },
  "revalidate-must": {
    clause: "RFC 9111 §5.2.2.2",
    sentence:
      "asked the origin: the stored response is stale and must-revalidate, proxy-revalidate or s-maxage forbids serving it so",
  },
  "revalidate-purged": {
    clause: null,
    sentence: "asked the origin: a soft purge has made the stored response stale",
  },
  "revalidate-no-cache": {
    clause: "RFC 9111 §5.2.2.4",
    sentence: "asked the origin: the stored response says Cache-Control: no-cache",
  },
  "request-no-cache": {
    clause: "RFC 9111 §5.2.1.4",
    sentence: "asked the origin: the request says Cache-Control: no-cache",
  },
  "request-pragma": {
    clause: "RFC 9111 §5.4",
    sentence: "asked the origin: the request says Pragma: no-cache",
  },
  "request-max-age": {
    clause: "RFC 9111 §5.2.1.1",
    sentence: "asked the origin: the stored response is older than the request's max-age",
  },
  "request-min-fresh": {
    clause: "RFC 9111 §5.2.1.3",
    sentence:
      "asked the origin: the stored response will not stay fresh for as long as the request's min-fresh",
  },

  "request-condition": {
    clause: "RFC 9111 §4.3.2",
    sentence: "asked the origin: the request has If-Match or If-Unmodified-Since, which caches do not judge",
  },

  // No stored response to use
  miss: { clause: "RFC 9111 §4", sentence: "asked the origin: nothing is stored for this target" },
  "vary-miss": {
    clause: "RFC 9111 §4.1",
    sentence: "asked the origin: what is stored for this target was chosen for a request with other fields",
  },
  "identity-miss": {
    clause: null,
    sentence:
      "asked the origin: the request has a field that tells who sends it, such as X-Api-Key, and the stored response does not say public or s-maxage",
  },
  "sender-miss": {
    clause: null,
    sentence:
      "asked the origin: the request has a Cookie, or another field that tells who sends it, and the origin has not said how long the stored response is fresh",
  },
  revalidated: {
    clause: "RFC 9111 §4.3.3",
    sentence: "served from the cache: the origin confirmed that the stored response is still right",
  },
  collapsed: {
    clause: "RFC 9111 §4",
    sentence: "served from the answer to another client's request for the same target, made at the same time",
  },
  "only-if-cached-miss": {
    clause: "RFC 9111 §5.2.1.7",
    sentence: "answered 504: the request says only-if-cached, and nothing stored can be used for it",
  },
  "partial-hit": {
    clause: "RFC 9111 §3.4",
    sentence: "served in part from the cache: only the missing ranges were asked of the origin",
  },
  "partial-changed": {
    clause: "RFC 9111 §3.4",
    sentence: "removed: the origin has something else now than what is stored in part",
  },
  "partial-miss": {
    clause: "RFC 9111 §3.3",
    sentence:
      "asked the origin: only a part of the response is stored, and it cannot be combined with what is missing",
  },

  // Passing
  "method-not-cached": {
    clause: "RFC 9111 §4",
    sentence: "passed to the origin: only GET and HEAD are answered from the cache",
  },
  "target-uncertain": {
    clause: null,
    sentence:
      "passed to the origin, unstored: the target has %EF%BF%BD, for which other bytes may have been sent",
  },
  "client-left": { clause: null, sentence: "not answered: the client left before there was an answer" },
  "client-stalled": {
    clause: "RFC 9110 §15.5.9",
    sentence: "answered 408: the client stopped in the middle of its request",
  },
  "internal-error": {
    clause: "RFC 9110 §15.6.1",
    sentence: "answered 500: the cache itself failed; the log says how",
  },
  "request-refused": {
    clause: "RFC 9112 §3.2",
    sentence: "refused: no proxy may pass this request on",
  },
  "forwarding-loop": {
    clause: "RFC 8586 §2",
    sentence: "answered 508: the request has been through this cache before",
  },

  // Stored (RFC 9111 §3)
  "stored-targeted": {
    clause: "RFC 9213 §2.2",
    sentence: "stored: a targeted field such as CDN-Cache-Control gives the response a lifetime",
  },
  "stored-explicit": {
    clause: "RFC 9111 §4.2.1",
    sentence: "stored: s-maxage, max-age or Expires gives the response a lifetime",
  },
  "stored-heuristic": {
    clause: "RFC 9111 §4.2.2",
    sentence: "stored: the lifetime is a tenth of the time since Last-Modified, a day at the most",
  },
  "stored-operator": {
    clause: null,
    sentence: "stored: the response states no lifetime, and the operator's default gives it one",
  },
  "stored-rule": { clause: null, sentence: "stored: a rule of the operator says for how long" },
  "stored-forced": {
    clause: null,
    sentence: "stored: a rule of the operator says for how long, by force, whatever the response says",
  },
  "stored-for-validation": {
    clause: "RFC 9111 §4.3",
    sentence: "stored: it may not be reused without asking, but its validator lets the origin confirm it",
  },
  "stored-for-stale-use": {
    clause: "RFC 5861",
    sentence:
      "stored: it is not fresh, but may be used stale, by stale-while-revalidate, stale-if-error or a client's max-stale",
  },
  "stored-piece": {
    clause: "RFC 9111 §3.3",
    sentence: "stored: the part of the response that was asked for, for requests within it",
  },

  ...unstored,

  ...failed,

  // Removal
  superseded: {
    clause: "RFC 9111 §4.3.3",
    sentence: "removed: the origin has answered with something else, which may not be stored",
  },
  "invalidated-by-method": {
    clause: "RFC 9111 §4.4",
    sentence: "removed: an unsafe request to this target succeeded",
  },
  "invalidated-by-location": {
    clause: "RFC 9111 §4.4",
    sentence: "removed: the answer to an unsafe request names this target in Location or Content-Location",
  },
  "invalidated-by-group": {
    clause: "RFC 9875 §3",
    sentence: "removed: the answer to an unsafe request invalidates a group this response is in",
  },
  "invalidated-by-head": {
    clause: "RFC 9111 §4.3.5",
    sentence: "removed: the answer to a HEAD request shows that the stored response has changed",
  },
  "varies-anew": {
    clause: "RFC 9111 §4.1",
    sentence:
      "removed: the origin confirmed the stored response with another Vary, and it is kept for requests as that says",
  },
  "host-unknown": {
    clause: "RFC 9110 §15.5.20",
    sentence: "refused: no site here has the host of the request",
  },
  purged: { clause: null, sentence: "done: the request asked for stored responses to be purged" },
  "purge-refused": {
    clause: null,
    sentence: "refused: what the request asks to be purged is not understood; its answer says what would be",
  },
  "purge-forbidden": {
    clause: null,
    sentence: "refused: the operator has not allowed who asks to purge (purge-from, purge-token)",
  },
  "purge-uncertain": {
    clause: "RFC 9110 §15.6.4",
    sentence:
      "answered 503: some of what was to be purged may be there still, and it should be asked for again",
  },
  websocket: {
    clause: "RFC 6455 §4",
    sentence: "asked the origin: the client wants a WebSocket, and is joined to the origin if that agrees",
  },
  "rule-pass": { clause: null, sentence: "passed on: a rule of the site says so" },
  "rule-deny": { clause: null, sentence: "refused: a rule of the site says so" },
  "rule-redirect": { clause: null, sentence: "redirected: a rule of the site says so" },
  "freshened-by-head": {
    clause: "RFC 9111 §4.3.5",
    sentence: "freshened: the answer to a HEAD request confirms the stored response",
  },
} as const satisfies Record<string, Reason>;

interface Reason {
  readonly clause: string | null;
  readonly sentence: string;
}

export type ReasonName = keyof typeof reasons;

/** Whether a text is the name of one: what comes from another process may be of another version. */
export function isReasonName(name: string): name is ReasonName {
  return Object.hasOwn(reasons, name);
}

/** The outcome as a person reads it: "not stored: the response says Cache-Control: private (RFC 9111 §5.2.2.7)". */
export function explain(name: ReasonName): string {
  const { clause, sentence }: Reason = reasons[name];
  return clause === null ? sentence : `${sentence} (${clause})`;
}
