import { isKeyOf, isKeyOfTarget, targetOfKey } from "../rules/cache-key.ts";
import { remembered } from "../rules/remembered.ts";
import { targetMatcher } from "../rules/target-glob.ts";
import type { Selector } from "./tier.ts";

/** What a selector can ask of a response, stored or on its way. */
export interface Selectable {
  readonly primaryKey: string;
  readonly variantKey: string;
  readonly policy: { readonly groups: readonly string[]; readonly tags: readonly string[] };
}

/** The name by which a removal finds responses, be it of a group or of any kind; null where it goes by their keys. */
export function nameIn(selector: Selector): string | null {
  return selector.by === "tag" ? selector.tag : selector.by === "group" ? selector.group : null;
}

/** Whether a removal names the response. */
export function selects(selector: Selector, response: Selectable): boolean {
  if (!concerns(selector, response.primaryKey)) return false;
  if (selector.by === "variant") return response.variantKey === selector.variantKey;
  if (selector.by === "tag") return response.policy.tags.includes(selector.tag);
  return selector.by !== "group" || response.policy.groups.includes(selector.group);
}

/** Whether a removal may touch something under the key. */
export function concerns(selector: Selector, primaryKey: string): boolean {
  switch (selector.by) {
    case "key":
    case "variant":
      return primaryKey === selector.primaryKey;
    case "target":
      return isKeyOfTarget(primaryKey, selector.target) && isKeyOf(primaryKey, selector);
    case "prefix":
      return primaryKey.startsWith(selector.targetPrefix) && isKeyOf(primaryKey, selector);
    case "glob":
      return globOf(selector.glob)(targetOfKey(primaryKey)) && isKeyOf(primaryKey, selector);
    case "group":
    case "tag":
      return isKeyOf(primaryKey, selector);
    case "all":
      return true;
  }
}

const globOf = remembered(targetMatcher);
