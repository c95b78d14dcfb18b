import type { EntriesRequest, Position } from "../../control/entries-request.ts";
import type { Policy } from "../../rules/policy.ts";
import { bornAt, type Judged } from "./row.ts";

type Order = Pick<EntriesRequest, "sort" | "isReversed">;

/** Whether the value of these is said by their policies. */
export function isOfPolicy({ sort }: Order): boolean {
  return sort === "age" || sort === "left";
}

/** Less than 0 where the one comes before the other. */
export type Compare = (one: Position, other: Position) => number;

/** Where a row lies in the list; a policy is needed where `isOfPolicy` says so. */
export function positionOf({ sort, isReversed }: Order, row: Judged, policy: Policy | null): Position {
  const { primaryKey: key, variantKey: variant } = row;
  const value = sortValueOf(sort, row, policy);
  // Not -0, which JSON would make another number.
  return { value: isReversed && value !== 0 ? -value : value, key, variant };
}

/** Time does not change their order, so that the next page goes on where one has ended. */
function sortValueOf(sort: EntriesRequest["sort"], row: Judged, policy: Policy | null): number {
  const born = policy === null ? 0 : bornAt(policy);
  switch (sort) {
    case "key":
      return 0;
    case "size":
      return -row.size;
    case "age":
      return born;
    case "left":
      return born + (policy?.freshnessLifetime ?? 0) * 1000;
    case "used":
      return -row.lastUsedAt;
    case "hits":
      return -row.hits;
  }
}

/** By value, then by key and variant, as the index has them: in keys of one plane of characters their order is that of the bytes. */
export function comparing({ sort, isReversed }: Order): Compare {
  const sign = sort === "key" && isReversed ? -1 : 1;
  return (one, other) =>
    one.value - other.value ||
    sign * compareTexts(one.key, other.key) ||
    sign * compareTexts(one.variant, other.variant);
}

function compareTexts(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

interface Placed {
  readonly position: Position;
  readonly seq: number;
}

/** The first so many of all that are offered, whatever their order: no more than these are held. */
export interface Best {
  /** Whether it would be among them. */
  takes(position: Position): boolean;
  offer(placed: Placed): void;
  readonly inOrder: readonly Placed[];
}

export function createBest(limit: number, compare: Compare): Best {
  const placed: Placed[] = [];

  function takes(position: Position): boolean {
    const last = placed.at(-1);
    return placed.length < limit || (last !== undefined && compare(position, last.position) < 0);
  }

  /** How many come before it. */
  function placeOf(position: Position): number {
    let [low, high] = [0, placed.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = placed[middle];
      if (at !== undefined && compare(at.position, position) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    takes,
    offer(offered) {
      if (!takes(offered.position)) return;
      const place = placeOf(offered.position);
      // Two selectors may name it.
      if (placed[place]?.seq === offered.seq) return;
      placed.splice(place, 0, offered);
      if (placed.length > limit) placed.pop();
    },
    inOrder: placed,
  };
}
