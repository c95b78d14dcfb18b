import { decideReuse, decideReuseOnError } from "../rules/reuse.ts";
import { variantKey } from "../rules/vary.ts";
import type { ServeContext } from "./context.ts";
import { asksAsClient } from "./fetch.ts";
import { deliverFilling } from "./filling.ts";
import type { Asked, Step } from "./step.ts";

/** Waits for another request for the same key, or leads it. HEAD and cold ranges go alone: they fill nothing. */
export async function collapse(
  context: ServeContext,
  asked: Asked,
  { why }: Extract<Step, { step: "collapse" }>,
): Promise<Step> {
  const { flights } = context;
  const alone = asked.inbound.method === "HEAD" || why.forward === "request" || asksAsClient(asked, why);
  if (alone || flights.isUnshared(asked.key, context.now())) return { step: "fetch", why, leader: null };
  const flight = flights.join(asked.key);
  if (flight === undefined) {
    return { step: "fetch", why, leader: flights.lead(asked.key, why.attempt, context.now) };
  }
  if (!why.mayWait) return { step: "fetch", why, leader: null };
  return { step: "join", why, landing: await flight.landing };
}

/** Another request's answer has come, as far as its fields: whether this one may have it is decided here. */
export async function join(
  context: ServeContext,
  asked: Asked,
  { why, landing }: Extract<Step, { step: "join" }>,
): Promise<Step> {
  const alone: Step = { step: "fetch", why, leader: null };
  switch (landing.kind) {
    case "unshared":
      return alone;
    case "look-again":
      return { step: "lookup", mayWait: false };
    case "failed":
      if (why.attempt === 1) return { step: "collapse", why: { ...why, attempt: 2 } };
      return { step: "failure", why, failure: landing.failure };
    case "error-covered": {
      const found = why.selected;
      if (found === null) return alone;
      const { policy } = found.response;
      const { reuse } = context.options;
      const onError = decideReuseOnError(policy, asked.inbound.fields, context.now(), landing.status, reuse);
      if (!onError.use) return alone;
      return { step: "stale", found, candidates: [], reason: onError.reason, revalidateInBackground: false };
    }
    case "filling": {
      const { response } = landing;
      const { fields } = asked.inbound;
      const matches = response.variantKey === variantKey(response.policy.vary, fields);
      const reuse = decideReuse(response.policy, fields, context.now(), context.options.reuse);
      if (!response.fill.readable || !matches || reuse.use === "revalidate") return alone;
      return deliverFilling(context, asked, why, response, response.fields, {
        word: "COLLAPSED",
        reason: "collapsed",
        facts: { hit: false, forward: why.forward, forwardStatus: response.status, collapsed: true },
      });
    }
  }
}
