import { selectVariant } from "../../rules/vary.ts";
import type { Found } from "../../store/tier.ts";
import type { ServeContext } from "../context.ts";
import { tellOfNewNames } from "../fetch/new-names.ts";
import { removeSuperseded } from "../fetch/validate.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { Forwarding } from "../step.ts";

/**
 * Removes what the request had selected before, where the origin's answer has not taken its place: `stored` is that answer,
 * null where no store has taken it. One that no longer has the Vary of the old is stored beside it, and the old, which the
 * request would still select, would be stale, and asked about, for ever.
 */
export async function removeInTheWay(
  context: ServeContext,
  { inbound }: KeyedRequest,
  why: Forwarding,
  stored: Found | null,
): Promise<void> {
  const { selected } = why;
  const isReplaced =
    stored !== null && (selected === null || selectVariant([stored, selected], inbound.fields) !== selected);
  if (!isReplaced) await removeSuperseded(context, why);
  else if (selected !== null) tellOfNewNames(context, selected.response, stored.response);
}
