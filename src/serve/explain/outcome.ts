import type { Facts } from "../../control/explanation.ts";
import { statusFromStore } from "../answer/from-store.ts";
import type { ServeContext } from "../context.ts";
import { passing } from "../fetch/pass.ts";
import { questionOfPieces } from "../partial/complete.ts";
import { judgePurge } from "../purge/purge.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import { type Forwarding, pastPieces, type Step } from "../step.ts";

type Outcome = Facts["outcome"];

/** What a first step after the look into the store means to the client. */
export function outcomeOf(context: ServeContext, request: KeyedRequest, step: Step): Outcome {
  switch (step.step) {
    case "hit":
    case "stale": {
      const status = statusFromStore(request.inbound, step.found.response, context.now());
      return { kind: step.step, reason: step.reason, status };
    }
    case "deliver": {
      const { telling, response } = step.answer;
      const kind = telling.word === "STALE" ? "stale" : "own";
      return { kind, reason: telling.reason, status: response.status };
    }
    case "purge": {
      const judged = judgePurge(context, request);
      return judged.kind === "wanted"
        ? { kind: "purge", reason: "purged", status: 200 }
        : { kind: "purge", reason: judged.reason, status: judged.status };
    }
    default:
      return asked(step, forwardingOf(request, step));
  }
}

function asked({ step }: Step, why: Forwarding): Outcome {
  const kind = step === "pass" || step === "upgrade" ? step : kindOf(why);
  return { kind, reason: why.reason, status: null };
}

/** Why a step that is not yet at the origin goes there; without pieces for which nothing can be asked. */
export function forwardingOf(request: KeyedRequest, step: Step): Forwarding {
  if (step.step === "pass") return passing(step.reason);
  if (step.step === "upgrade") return step.why;
  if (step.step !== "collapse") throw new Error(`no request comes to the step ${step.step} by looking`);
  const { why } = step;
  const isInVain = why.held?.use === "revalidate" && questionOfPieces(request, why.held.found) === null;
  return isInVain ? pastPieces(why) : why;
}

function kindOf({ selected, held }: Forwarding): Outcome["kind"] {
  if (held?.use === "complete") return "partial";
  return selected === null && held === null ? "miss" : "revalidate";
}
