import type { StoredExplained } from "../../control/explanation.ts";
import { currentAge, remainingLifetime } from "../../rules/freshness.ts";
import { withholding } from "../../rules/identity.ts";
import { gaps } from "../../rules/pieces.ts";
import { selectVariant } from "../../rules/vary.ts";
import type { PartialFound, StoredResponse } from "../../store/tier.ts";
import { fieldOf } from "../answer/answer.ts";
import type { ServeContext } from "../context.ts";
import { select } from "../lookup/selection.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { SeenOfKey } from "./only-looking.ts";

/** What is stored under the key, complete and in part, each as the request looks at it. */
export function storedFacts(
  context: ServeContext,
  request: KeyedRequest,
  { complete, partial }: SeenOfKey,
): StoredExplained[] {
  const selected = selectedOf(context, request, complete) ?? selectedOf(context, request, partial);
  const facts = (response: StoredResponse) => ({
    isSelected: response === selected,
    ...factsOf(response, context, request),
  });
  return [
    ...complete.map(({ where, response }) => ({
      ...{ where, isPartial: false, held: response.size },
      ...facts(response),
    })),
    ...partial.map((found) => ({
      ...{ where: "disk" as const, isPartial: true, held: heldBytes(found) },
      ...facts(found.response),
    })),
  ];
}

/** The one it selects, or would select if it might be given that. */
function selectedOf<Each extends { readonly response: StoredResponse }>(
  { options }: ServeContext,
  { inbound: { fields } }: KeyedRequest,
  stored: readonly Each[],
): StoredResponse | undefined {
  const { selected, withheld } = select(stored, fields, options.storing);
  return (selected ?? (withheld === null ? undefined : selectVariant(stored, fields)))?.response;
}

function factsOf(
  { status, size, fields, policy, variantKey }: StoredResponse,
  { now, options }: ServeContext,
  { inbound }: KeyedRequest,
) {
  const at = now();
  return {
    status,
    size,
    type: fieldOf(fields, "content-type"),
    variant: variantOf(variantKey),
    withheld: withholding(policy, inbound.fields, options.storing),
    age: currentAge(policy, at),
    lifetime: policy.freshnessLifetime,
    remaining: remainingLifetime(policy, at),
    lifetimeSource: policy.lifetimeSource,
    staleWhileRevalidate: policy.staleWhileRevalidateWindow,
    staleIfError: policy.staleIfErrorWindow,
    revalidateAlways: policy.revalidateAlways,
    revalidateWhenStale: policy.revalidateWhenStale,
    entityTag: policy.entityTag,
    lastModified: fieldOf(fields, "last-modified"),
    tags: [...policy.tags],
    rules: [...(policy.rules ?? [])],
  };
}

/** What the lines of a variant key say: see rules/vary. */
function variantOf(variantKey: string): [name: string, value: string | null][] {
  if (variantKey === "") return [];
  return variantKey.split("\n").map((line) => {
    const colon = line.indexOf(":");
    return colon === -1 ? [line, null] : [line.slice(0, colon), line.slice(colon + 1)];
  });
}

function heldBytes({ response: { size }, pieces }: PartialFound): number {
  const missing = gaps(pieces, { start: 0, end: size });
  return missing.reduce((held, { start, end }) => held - (end - start), size);
}
