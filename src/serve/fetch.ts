import type { OriginResponse } from "../origin/forward.ts";
import type { FieldList } from "../rules/fields.ts";
import { decideReuseOnError } from "../rules/reuse.ts";
import { decideStoring, mayReplace } from "../rules/storable.ts";
import { validatingFields, withoutConditionals } from "../rules/validation.ts";
import { askOrigin, exchangeOf } from "./ask.ts";
import type { Leader } from "./collapse.ts";
import type { ServeContext } from "./context.ts";
import type { Asked, Forwarding, Step } from "./step.ts";
import { applyHead, notModified } from "./validate.ts";

/** Asks the origin, with the validators of what is stored, and sorts its answer. */
export async function fetch(
  context: ServeContext,
  asked: Asked,
  { why, leader }: Extract<Step, { step: "fetch" }>,
): Promise<Step> {
  try {
    return await fetchAndSort(context, asked, why, leader);
  } catch (error) {
    leader?.land({ kind: "unshared" });
    throw error;
  }
}

async function fetchAndSort(
  context: ServeContext,
  asked: Asked,
  why: Forwarding,
  leader: Leader | null,
): Promise<Step> {
  const asClient = asked.inbound.method === "HEAD" || asksAsClient(asked, why);
  const validators = asClient ? [] : validatorsOf(why);
  const clientFields: FieldList = [...asked.inbound.fields];
  const fields = asClient ? clientFields : [...withoutConditionals(clientFields), ...validators];
  const abort = new AbortController();
  // A fill outlives the client that caused it; what only this client asked for ends with it.
  const signal = asClient ? asked.inbound.signal : abort.signal;
  const answer = await askOrigin(context, asked, fields, null, signal);
  if (!answer.ok) {
    leader?.land({ kind: "failed", failure: answer.failure });
    return { step: "failure", why, failure: answer.failure };
  }
  const { response } = answer;
  const cancel = () => abort.abort();
  if (response.status === 304 && !asClient) {
    return notModified(context, asked, why, leader, response, validators.length > 0);
  }
  if (asked.inbound.method === "HEAD") await applyHead(context, asked, why, response);
  if (why.selected !== null && response.status >= 500) {
    const { policy } = why.selected.response;
    const { options } = context;
    const onError = decideReuseOnError(
      policy,
      asked.inbound.fields,
      context.now(),
      response.status,
      options.reuse,
    );
    if (onError.use) {
      leader?.land({ kind: "error-covered", status: response.status });
      cancel();
      const found = why.selected;
      return { step: "stale", found, candidates: [], reason: onError.reason, revalidateInBackground: false };
    }
  }
  return store(context, asked, why, response, leader, cancel);
}

/** Decides whether the answer goes into the store on its way to the client. */
function store(
  context: ServeContext,
  asked: Asked,
  why: Forwarding,
  response: OriginResponse,
  leader: Leader | null,
  cancel: () => void,
): Step {
  const decision = decideStoring(
    exchangeOf(context, asked, response, response.fields),
    context.options.storing,
  );
  const replaceable = why.selected === null || mayReplace(why.selected.response, response.status);
  if (decision.storable && replaceable) {
    return { step: "fill", why, response, policy: decision.policy, reason: decision.reason, leader, cancel };
  }
  leader?.land({ kind: "unshared" });
  return { step: "relay", why, response, reason: decision.storable ? "error-over-good" : decision.reason };
}

function validatorsOf({ candidates, selected }: Forwarding): FieldList {
  const policies = candidates.map((found) => found.response.policy);
  return validatingFields(policies, selected?.response.policy ?? null);
}

/** A range of what is not stored is the origin's to cut; its answer is relayed. */
export function asksAsClient(asked: Asked, why: Forwarding): boolean {
  return why.selected === null && asked.inbound.fields.has("range");
}
