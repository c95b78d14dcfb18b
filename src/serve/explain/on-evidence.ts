import type { AdvisedTarget } from "../../control/cacheability.ts";
import type { Advice, Facts, Fetched } from "../../control/explanation.ts";
import { adviceFor } from "./advice.ts";
import type { FactsOfMany } from "./advice-parts.ts";

/**
 * What could be changed for requests that were answered before now: `facts` are of such a request as of now, and the
 * evidence tells how it went then.
 */
export function adviceOnEvidence(facts: Facts, target: AdvisedTarget): Advice[] {
  const { forwarded, paths } = target;
  const then: FactsOfMany = {
    ...facts,
    outcome: { kind: "miss", reason: forwarded, status: null },
    fetched: fetchedThen(target),
    ...(paths === null ? {} : { paths }),
  };
  return adviceFor(then);
}

function fetchedThen({ reason, evidence }: AdvisedTarget): Fetched {
  return {
    status: evidence.status,
    failure: null,
    fields: evidence.responseFields,
    framing: framingOf(evidence.responseFields),
    milliseconds: 0,
    isStored: reason.startsWith("stored-"),
    reason,
    ...{ lifetime: null, lifetimeSource: null, rules: [] },
  };
}

function framingOf(fields: AdvisedTarget["evidence"]["responseFields"]): NonNullable<Fetched["framing"]> {
  const has = (name: string) => fields.some(([each]) => each === name);
  if (has("transfer-encoding")) return "chunked";
  return has("content-length") ? "length" : "close";
}
