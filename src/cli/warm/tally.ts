import type { Outcome } from "./ask.ts";
import type { Page } from "./choice.ts";
import type { Variant } from "./variants.ts";

/** A request, to be named as an example. */
export interface Asked {
  readonly page: Page;
  readonly variant: Variant;
}

/** Requests of which the same is to be said. */
export interface Group {
  /** Of what was answered well it is the reason why it is not stored, of what failed why. */
  readonly what: string;
  /** See rules/reason; null where there was no answer. */
  readonly reason: string | null;
  /** Of an answer that is an error. */
  readonly status: number | null;
  count: number;
  readonly example: Asked;
}

/** What became of all requests so far. */
export interface Tally {
  requests: number;
  /** Bytes of bodies. */
  bytes: number;
  /** Stored since now, and those that were stored already. */
  cachedNow: number;
  cachedBefore: number;
  /** Left out, as a former run has done it. */
  resumed: number;
  readonly uncached: Map<string, Group>;
  readonly failed: Map<string, Group>;
}

/** Of causes beyond these only the number is kept. */
const mostGroups = 100;

export function emptyTally(): Tally {
  return {
    ...{ requests: 0, bytes: 0, cachedNow: 0, cachedBefore: 0, resumed: 0 },
    uncached: new Map(),
    failed: new Map(),
  };
}

export function count(tally: Tally, asked: Asked, outcome: Outcome): void {
  tally.requests += 1;
  switch (outcome.kind) {
    case "cached":
      tally.bytes += outcome.bytes;
      if (outcome.isNew) tally.cachedNow += 1;
      else tally.cachedBefore += 1;
      break;
    case "uncached":
      tally.bytes += outcome.bytes;
      add(tally.uncached, { what: outcome.reason, reason: outcome.reason, status: null, example: asked });
      break;
    case "refused": {
      const { status, reason } = outcome;
      add(tally.failed, { what: `answered with ${status}`, reason, status, example: asked });
      break;
    }
    case "unanswered": {
      const what = `not answered: ${outcome.problem}`;
      add(tally.failed, { what, reason: null, status: null, example: asked });
      break;
    }
  }
}

function add(groups: Map<string, Group>, { what, ...rest }: Omit<Group, "count">): void {
  const name = groups.has(what) || groups.size < mostGroups ? what : "others";
  const group = groups.get(name);
  if (group === undefined) groups.set(name, { what: name, ...rest, count: 1 });
  else group.count += 1;
}

/** How many there are in all of them. */
export function sumOf(groups: Iterable<Pick<Group, "count">>): number {
  return Iterator.from(groups).reduce((sum, { count }) => sum + count, 0);
}
