import { concerns, nameIn, selects } from "../selecting.ts";
import type { Selector, StoredResponse } from "../tier.ts";
import { type Packed, namesIn } from "./packing.ts";
import type { Keyed } from "./slots.ts";

/** Removals that go through the memory together: a purge may name a thousand tags, and there may be a million keys. */
export interface Selection {
  readonly selectors: readonly Selector[];
  /** Whether all is named that is held under the key, without a look at it. */
  namesKey(primaryKey: string): boolean;
  /** False where nothing of it is named; packed responses are looked through as they lie. */
  mayName(slot: Keyed<unknown> & Pick<Packed, "text">): boolean;
  names(response: StoredResponse): boolean;
}

/** Up to so many names are looked for in the text one by one, which is quicker than to read it. */
const fewNames = 8;

export function selectionOf(selectors: readonly Selector[]): Selection {
  const byName = Map.groupBy(selectors, nameIn);
  const unnamed = byName.get(null) ?? [];
  byName.delete(null);
  const ofNames = [...byName.values()].flat();
  const ofVariants = unnamed.filter(({ by }) => by === "variant");
  const ofKeys = unnamed.filter(({ by }) => by !== "variant");
  const mayBear = textLooker([...byName.keys()].filter((name) => name !== null));

  function mayBearName({ primaryKey, text }: Keyed<unknown> & Pick<Packed, "text">): boolean {
    return ofNames.length > 0 && mayBear(text) && ofNames.some((selector) => concerns(selector, primaryKey));
  }

  function bearsName(response: StoredResponse): boolean {
    const { groups, tags } = response.policy;
    return [...groups, ...tags].some((name) =>
      byName.get(name)?.some((selector) => selects(selector, response)),
    );
  }

  const namesKey = (primaryKey: string) => ofKeys.some((selector) => concerns(selector, primaryKey));
  return {
    selectors,
    namesKey,
    mayName: (slot) =>
      namesKey(slot.primaryKey) ||
      ofVariants.some((selector) => concerns(selector, slot.primaryKey)) ||
      mayBearName(slot),
    names: (response) =>
      namesKey(response.primaryKey) ||
      ofVariants.some((selector) => selects(selector, response)) ||
      (byName.size > 0 && bearsName(response)),
  };
}

/** Whether one of the names may be in a packed text. */
function textLooker(names: readonly string[]): (text: string) => boolean {
  if (names.length <= fewNames) {
    const written = names.map((name) => JSON.stringify(name));
    return (text) => written.some((name) => text.includes(name));
  }
  const wanted = new Set(names);
  return (text) => namesIn({ text }).some((name) => wanted.has(name));
}
