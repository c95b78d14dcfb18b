import type { FieldReader } from "../../rules/fields.ts";
import { type IdentityOptions, withholding } from "../../rules/identity.ts";
import type { Policy } from "../../rules/policy.ts";
import type { ReasonName } from "../../rules/reason.ts";
import { selectVariant } from "../../rules/vary.ts";

/** A stored response, complete or not, as far as it matters here. */
export interface Stored {
  readonly response: { readonly policy: Policy; readonly variantKey: string };
}

/** What of the stored responses under its key a request may be given. */
export interface Selection<Each> {
  readonly candidates: readonly Each[];
  /** The one it selects of these. */
  readonly selected: Each | undefined;
  /** Why it may not be given the one that it would select of all; null where there is none such. */
  readonly withheld: ReasonName | null;
}

/**
 * What is withheld is no candidate: neither is its validator sent nor a 304 believed to confirm it, and it does not
 * stand in for an answer of the origin that fails.
 */
export function select<Each extends Stored>(
  stored: readonly Each[],
  request: FieldReader,
  options: IdentityOptions,
): Selection<Each> {
  const reasonFor = ({ response }: Stored) => withholding(response.policy, request, options);
  const candidates = stored.filter((each) => reasonFor(each) === null);
  const selected = selectVariant(candidates, request);
  const barred = selected === undefined ? selectVariant(stored, request) : undefined;
  return { candidates, selected, withheld: barred === undefined ? null : reasonFor(barred) };
}
