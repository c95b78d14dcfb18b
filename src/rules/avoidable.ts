import { isReasonName, type ReasonName } from "./reason.ts";

const changeable = true;
/** What is right as it is, or says nothing by itself: that nothing is stored yet, or that an answer is stored now. */
const asItIs = false;
/** The operator's own word: advice tells how it would be said otherwise, but no hit is lost by mistake. */
const asOrdered = false;

/** Whether somebody could do something so that what came for such a reason would have been a hit: see explain/advice. */
const couldChange: Readonly<Record<ReasonName, boolean>> = {
  "hit-fresh": asItIs,
  "hit-immutable": asItIs,
  "hit-max-stale": asItIs,
  "hit-stale-while-revalidate": asItIs,
  "hit-stale-if-error": changeable,
  outage: changeable,
  "revalidate-stale": changeable,
  "revalidate-must": changeable,
  "revalidate-purged": asItIs,
  "revalidate-no-cache": changeable,
  "request-no-cache": changeable,
  "request-pragma": changeable,
  "request-max-age": changeable,
  "request-min-fresh": changeable,
  "request-condition": changeable,
  miss: asItIs,
  "vary-miss": changeable,
  "identity-miss": changeable,
  "sender-miss": changeable,
  revalidated: asItIs,
  collapsed: asItIs,
  "only-if-cached-miss": changeable,
  "partial-hit": asItIs,
  "partial-changed": asItIs,
  "partial-miss": asItIs,
  "method-not-cached": asItIs,
  "target-uncertain": changeable,
  "client-left": asItIs,
  "client-stalled": asItIs,
  "internal-error": changeable,
  "request-refused": changeable,
  "forwarding-loop": changeable,
  "stored-targeted": asItIs,
  "stored-explicit": asItIs,
  "stored-heuristic": asItIs,
  "stored-operator": asItIs,
  "stored-rule": asItIs,
  "stored-forced": asItIs,
  "stored-for-validation": changeable,
  "stored-for-stale-use": changeable,
  "stored-piece": asItIs,
  "method-not-storable": asItIs,
  "post-without-content-location": asItIs,
  "request-no-store": changeable,
  "response-no-store": changeable,
  "response-private": changeable,
  "request-authorization": changeable,
  "request-identity": changeable,
  "request-sender": changeable,
  "set-cookie": changeable,
  "rule-no-store": asOrdered,
  "rule-set-cookie": changeable,
  "vary-any": changeable,
  "status-not-final": asItIs,
  "status-partial": asItIs,
  "partial-without-range": asItIs,
  "partial-malformed-range": changeable,
  "partial-unknown-size": changeable,
  "partial-wrong-length": changeable,
  "partial-of-small": asItIs,
  "status-not-modified": asItIs,
  "status-conditional": asItIs,
  "status-never-stored": asItIs,
  "status-not-understood": changeable,
  "status-without-lifetime": changeable,
  "no-lifetime": changeable,
  "never-fresh": changeable,
  unframed: changeable,
  "event-stream": asItIs,
  "unstated-lifetime-of-stream": changeable,
  "incomplete-body": changeable,
  "too-large": changeable,
  "too-many-tags": changeable,
  "store-failed": changeable,
  "error-over-good": asItIs,
  "origin-refused": changeable,
  "origin-not-found": changeable,
  "origin-untrusted": changeable,
  "origin-timeout": changeable,
  "origin-broken": changeable,
  "origins-down": changeable,
  offline: changeable,
  "origin-error-of-others": changeable,
  "no-descriptor": changeable,
  "unasked-not-modified": changeable,
  "error-no-stale-if-error": changeable,
  "error-window-passed": changeable,
  "error-must-revalidate": changeable,
  "error-no-cache": changeable,
  "error-request": changeable,
  "error-not-covered": asItIs,
  superseded: asItIs,
  "invalidated-by-method": asItIs,
  "invalidated-by-location": asItIs,
  "invalidated-by-group": asItIs,
  "invalidated-by-head": asItIs,
  "varies-anew": asItIs,
  "host-unknown": changeable,
  purged: asItIs,
  "purge-refused": asItIs,
  "purge-forbidden": changeable,
  "purge-uncertain": changeable,
  websocket: asItIs,
  "rule-pass": asOrdered,
  "rule-deny": asOrdered,
  "rule-redirect": asOrdered,
  "freshened-by-head": asItIs,
};

/** For which the origin has to be asked each time, whatever becomes of it. */
const never: ReadonlySet<string> = new Set<ReasonName>(["method-not-cached", "websocket", "rule-pass"]);

/**
 * Whether requests could be answered from what is stored, if something were changed. `forwarded` is why the origin was asked,
 * `reason` what became of its answer. What another version calls something is taken for changeable: somebody should look.
 */
export function isAvoidable(forwarded: string, reason: string): boolean {
  return !never.has(forwarded) && (canChange(forwarded) || canChange(reason));
}

function canChange(name: string): boolean {
  return !isReasonName(name) || couldChange[name];
}

const ofStored: ReadonlySet<ReasonName> = new Set<ReasonName>([
  ...(["revalidate-stale", "revalidate-must", "revalidate-purged", "revalidate-no-cache"] as const),
  ...([
    "request-no-cache",
    "request-pragma",
    "request-max-age",
    "request-min-fresh",
    "request-condition",
  ] as const),
  ...(["vary-miss", "identity-miss", "sender-miss", "partial-hit", "partial-miss"] as const),
]);

/** Whether the origin was asked though something is stored for the target: then it was asked for before, whoever knows of it. */
export function isOfStored(forwarded: ReasonName): boolean {
  return ofStored.has(forwarded);
}
