import { asksOfPresent, withoutConditionals } from "../../rules/conditionals.ts";
import type { FieldList } from "../../rules/fields.ts";
import { type Conditions, conditionsFor } from "../../rules/validation.ts";
import type { Found } from "../../store/tier.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { Forwarding } from "../step.ts";

/** What the origin is asked for a request that is not merely passed on. */
export interface Question {
  /** It is asked in the client's own words, for this client alone. */
  readonly isClients: boolean;
  /** What of the stored it may confirm; null when there is nothing to confirm, or nothing to confirm it by. */
  readonly conditions: Conditions<Found> | null;
  readonly fields: FieldList;
}

/** With the validators of what is stored, unless the client's own conditions are the origin's to judge. */
export function questionFor(request: KeyedRequest, why: Forwarding): Question {
  const { lines } = request.inbound.fields;
  if (request.inbound.method === "HEAD" || asksAsClient(request, why)) {
    return { isClients: true, conditions: null, fields: lines };
  }
  const conditions = why.isUnconditional ? null : conditionsOf(request, why);
  const fields = withoutConditionals(lines).concat(conditions?.fields ?? []);
  return { isClients: false, conditions, fields };
}

function conditionsOf(
  { inbound }: KeyedRequest,
  { candidates, selected }: Forwarding,
): Conditions<Found> | null {
  const conditions = conditionsFor(candidates, selected, inbound.fields);
  return conditions.fields.length === 0 ? null : conditions;
}

/**
 * A range of what is not stored is the origin's to cut, and some conditions are its to judge: then it is asked in the
 * client's words, for this client alone. What it sends of the target is stored as any other answer is.
 */
export function asksAsClient({ inbound: { fields } }: KeyedRequest, why: Forwarding): boolean {
  return asksOfPresent(fields) || (why.selected === null && fields.has("range"));
}
