import {
  hasMarks,
  isKeyOf,
  isKeyOfTarget,
  pageOfKey,
  primaryKey as keyOf,
  siteOfKey,
  targetOfKey,
  type Whose,
} from "../../rules/cache-key.ts";
import type { Selector } from "../tier.ts";
import { createChains, type Links } from "./chains.ts";

/**
 * Something held under a key. The links belong to `Slots`: those that are alike are of the same target and site, be they of
 * other hosts; those that are marked have marks in their keys, and are of the same page. A hash may bring others together.
 */
export interface Keyed<Node> extends Links<Node> {
  readonly primaryKey: string;
}

/**
 * What memory holds, by key, and by what an unsafe request removes: a page of every host of a site, or of one. Clients can
 * make up hosts and what marks tell of, and each has a key of its own; a removal must not pass by what it leaves.
 */
export interface Slots<Node extends Keyed<Node>> {
  readonly size: number;
  get(primaryKey: string): Node | undefined;
  /** Nothing may be held under its key. */
  add(slot: Node): void;
  /** It must be held. */
  delete(slot: Node): void;
  values(): MapIterator<Node>;
  /** Those of a target. They may be deleted meanwhile. */
  ofTarget(target: string, whose: Whose): Node[];
}

export function createSlots<Node extends Keyed<Node>>(): Slots<Node> {
  const byKey = new Map<string, Node>();
  const alike = createChains<Node>("previousAlike", "nextAlike", ({ primaryKey }) =>
    hashOf(targetOfKey(primaryKey), siteOfKey(primaryKey)),
  );
  const marked = createChains<Node>("previousMarked", "nextMarked", ({ primaryKey }) =>
    hashOf(pageOfKey(primaryKey), ""),
  );
  /** All that there were: their names are the operator's. */
  const sites = new Set<string>();

  /** Keys without marks are so few that they are looked up. */
  function ofPage(target: string, host: string, site: string): Node[] {
    const page = keyOf({ target, host, site });
    const unmarked = [page, keyOf({ target, host, site, scheme: "https" })];
    return [
      ...unmarked.flatMap((key) => byKey.get(key) ?? []),
      ...marked.of(hashOf(page, "")).filter(({ primaryKey }) => pageOfKey(primaryKey) === page),
    ];
  }

  function ofEveryHost(target: string, site: string): Node[] {
    return alike
      .of(hashOf(target, site))
      .filter(
        ({ primaryKey }) => isKeyOfTarget(primaryKey, target) && isKeyOf(primaryKey, { host: null, site }),
      );
  }

  return {
    get size() {
      return byKey.size;
    },
    get: (primaryKey) => byKey.get(primaryKey),
    values: () => byKey.values(),
    add(slot) {
      byKey.set(slot.primaryKey, slot);
      sites.add(siteOfKey(slot.primaryKey));
      alike.add(slot);
      if (hasMarks(slot.primaryKey)) marked.add(slot);
    },
    delete(slot) {
      byKey.delete(slot.primaryKey);
      alike.delete(slot);
      if (hasMarks(slot.primaryKey)) marked.delete(slot);
    },
    ofTarget(target, { host, site }) {
      return (site === null ? [...sites] : [site]).flatMap((each) =>
        host === null ? ofEveryHost(target, each) : ofPage(target, host, each),
      );
    },
  };
}

/** 32 bits: a `Map` holds such numbers without a thing for each. */
function hashOf(text: string, site: string): number {
  return Bun.hash.xxHash32(text, site === "" ? 0 : Bun.hash.xxHash32(site)) | 0;
}

/** Those that removals may concern: the few that are looked up, or, where one of the removals asks for more, all. */
export function slotsFor<Slot extends Keyed<Slot>>(
  slots: Slots<Slot>,
  selectors: readonly Selector[],
): Iterable<Slot> {
  const found = new Set<Slot>();
  for (const selector of selectors) {
    if (selector.by === "target") {
      for (const slot of slots.ofTarget(selector.target, selector)) found.add(slot);
    } else if (selector.by === "key" || selector.by === "variant") {
      const slot = slots.get(selector.primaryKey);
      if (slot !== undefined) found.add(slot);
    } else return slots.values();
  }
  return found;
}
