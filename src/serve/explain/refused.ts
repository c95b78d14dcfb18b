import { failure } from "../answer/relay.ts";
import type { ServeContext } from "../context.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { Step } from "../step.ts";
import { cancelBody } from "./fetched.ts";
import { forwardingOf } from "./outcome.ts";

/**
 * What comes of a step that would ask the origin while nobody is asked, because all origins are left alone or the cache is
 * offline: that is known beforehand. Something stored may stand in. Any other step is what it was.
 */
export async function unlessRefused(context: ServeContext, request: KeyedRequest, step: Step): Promise<Step> {
  if (step.step !== "collapse" && step.step !== "pass" && step.step !== "upgrade") return step;
  const refusal = context.refusal();
  if (refusal === null) return step;
  const why = forwardingOf(request, step);
  const refused = await failure(context, request, { step: "failure", why, failure: refusal });
  await cancelBody(refused);
  return refused;
}
