import type { ExplainRequest, Facts } from "../../control/explanation.ts";
import type { ReasonName } from "../../rules/reason.ts";
import type { ServeContext } from "../context.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import { receive } from "../request/receive.ts";
import { lookup } from "../lookup/lookup.ts";
import type { Step } from "../step.ts";

/**
 * What would become of the request now: the steps of the machine are taken, those that serve, as far as the one that would
 * ask the origin.
 */
export async function factsOf(
  context: ServeContext,
  request: KeyedRequest,
  { method }: Pick<ExplainRequest, "method">,
): Promise<Facts> {
  const { inbound, key, target, verdict } = request;
  const first = receive(context, request);
  const step = first.step === "lookup" ? await lookup(context, request, first) : first;
  return {
    url: `${inbound.protocol}://${inbound.host}${inbound.target}`,
    method,
    site: context.site.name,
    rules: [...verdict.rules],
    key: first.step === "lookup" ? { key, target, marks: [...verdict.marks], leftOut: [] } : null,
    stored: [],
    outcome: outcomeOf(step),
    origin: null,
    fetched: null,
  };
}

function outcomeOf(step: Step): Facts["outcome"] {
  switch (step.step) {
    case "hit":
      return { kind: "hit", reason: step.reason, status: step.found.response.status };
    case "stale":
      return { kind: "stale", reason: step.reason, status: step.found.response.status };
    case "pass":
      return asked("pass", step.reason);
    case "purge":
      return asked("purge", "purged");
    case "deliver": {
      const { telling, response } = step.answer;
      return { kind: "own", reason: telling.reason, status: response.status };
    }
    case "upgrade":
      return asked("upgrade", step.why.reason);
    default: {
      const { why } = forwarding(step);
      return asked(why.selected === null && why.held === null ? "miss" : "revalidate", why.reason);
    }
  }
}

function asked(kind: Facts["outcome"]["kind"], reason: ReasonName): Facts["outcome"] {
  return { kind, reason, status: null };
}

function forwarding(step: Step) {
  if ("why" in step) return step;
  throw new Error(`a request begins with no step ${step.step}`);
}
