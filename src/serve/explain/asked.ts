import type { Facts } from "../../control/explanation.ts";
import type { FieldList } from "../../rules/fields.ts";
import { isCredential } from "../../rules/vary.ts";
import type { ServeContext } from "../context.ts";
import { questionFor } from "../fetch/question.ts";
import { inBackground, refreshing } from "../flight/refresh.ts";
import { occasionOf } from "../flight/with-refresh.ts";
import { questionOfPieces } from "../partial/complete.ts";
import { fieldsForGap } from "../partial/gap.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import { type Forwarding, pastPieces, type Step } from "../step.ts";
import { handshakeOf } from "../upgrade/upgrade.ts";
import { forwardingOf } from "./outcome.ts";

/** What the origin is asked because of a step; null where it is not. */
export function askedFacts(context: ServeContext, request: KeyedRequest, step: Step): Facts["origin"] {
  switch (step.step) {
    case "hit":
    case "deliver":
    case "purge":
      return null;
    case "stale": {
      const isLeftAlone = context.flights.failures.restOf(request.key) > 0 || context.refusal() !== null;
      if (!step.revalidateInBackground || isLeftAlone) return null;
      const refresh = inBackground(request);
      const why = refreshing(occasionOf(step));
      return { ...asIt(context, refresh, fieldsFor(refresh, why)), inBackground: true };
    }
    case "pass":
      return asIt(context, request, request.inbound.fields.lines);
    case "upgrade":
      return asIt(context, request, handshakeOf(request.inbound));
    default:
      return asIt(context, request, fieldsFor(request, forwardingOf(request, step)));
  }
}

function fieldsFor(request: KeyedRequest, why: Forwarding): FieldList {
  const { held } = why;
  if (held === null) return questionFor(request, why).fields;
  const [gap] = held.use === "complete" ? held.need.missing : [];
  if (gap !== undefined) return fieldsForGap(request, held.found.response, gap);
  return (questionOfPieces(request, held.found) ?? questionFor(request, pastPieces(why))).fields;
}

function asIt(
  { options }: ServeContext,
  { inbound, target }: KeyedRequest,
  fields: FieldList,
): NonNullable<Facts["origin"]> {
  const [first = ""] = options.origins;
  return {
    method: inbound.method,
    url: `${first}${options.pathPrefix}${target}`,
    fields: fields.map(([name, value]) => [name, shownValue(name, value, inbound.received.get(name))]),
    inBackground: false,
  };
}

/** What the asker has said himself is no secret to him; what the operator's rules add may be. */
function shownValue(name: string, value: string, said: string | null): string {
  return !isCredential(name) || said?.includes(value) === true ? value : hidden;
}

/** Stands for what is not shown. */
export const hidden = "…";
