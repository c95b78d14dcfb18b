import type { Database } from "bun:sqlite";
import type { EntriesRead, EntriesRequest, Position } from "../../control/entries-request.ts";
import { decodePolicy } from "../../store/disk/decoding.ts";
import { concerns, nameIn, selects } from "../../store/selecting.ts";
import type { Selector } from "../../store/tier.ts";
import { type Candidate, type Place, prepareWays, stepsAtATime, type Way } from "../ways.ts";
import { type Compare, comparing, createBest, isOfPolicy, positionOf } from "./best.ts";
import { entryOf, type Judged, prepareEntryRows, prepareJudged } from "./row.ts";
import { needsPolicy, wantedBy } from "./wanted.ts";

/**
 * A page of the list of what is stored. By key it reads as far as the page goes, else all that the selectors name, of which it
 * holds the first in order. Each statement reads some hundred rows: nobody who writes meanwhile has to wait for its log.
 */
export function readEntries(database: Database, request: EntriesRequest): EntriesRead {
  const judged = prepareJudged(database, needsOf(request));
  const waysOf = prepareWays(database);
  const compare = comparing(request);
  // One more, which says that there is another page.
  const best = createBest(request.limit + 1, compare);
  const judge = judgeOf(request, compare);
  let looked = 0;

  function look(selector: Selector, candidates: readonly Candidate[]): void {
    const seqs = candidates.filter(({ primaryKey }) => concerns(selector, primaryKey)).map(({ seq }) => seq);
    if (seqs.length === 0) return;
    for (const row of judged(seqs)) {
      const position = judge.positionOf(row, selector);
      if (position !== undefined) best.offer({ position, seq: row.seq });
    }
  }

  for (const each of request.selectors) {
    const selector = waySelector(each, request);
    for (const way of waysOf(selector, Number.MAX_SAFE_INTEGER)) {
      for (const candidates of batches(way, request)) {
        looked += candidates.length;
        look(each, candidates);
        if (isFarEnough(way, candidates, request, best.takes)) break;
      }
    }
  }
  const placed = best.inOrder.slice(0, request.limit);
  const isLast = best.inOrder.length <= request.limit;
  const rows = new Map(
    prepareEntryRows(database)
      .withSeqs(placed.map(({ seq }) => seq))
      .map((row) => [row.seq, row]),
  );
  const entries = placed.flatMap(({ seq }) => {
    const row = rows.get(seq);
    // It may have gone meanwhile.
    return (row && judge.readable(() => entryOf(row, request.now))) ?? [];
  });
  return {
    ...{ kind: "entries", entries },
    last: isLast ? null : (placed.at(-1)?.position ?? null),
    ...{ looked, unreadable: judge.unreadable() },
  };
}

/** Which texts of a row are read. */
function needsOf(request: EntriesRequest): { readonly policy: boolean; readonly fields: boolean } {
  const { wanted, selectors, hidden } = request;
  const isNamed = [...selectors, ...hidden].some((each) => nameIn(each) !== null);
  return { policy: isNamed || isOfPolicy(request) || needsPolicy(wanted), fields: wanted.type !== null };
}

/** All of a site or a host: in order of keys by them, in any other order as they lie on the disk, which is read faster. */
function waySelector(selector: Selector, request: EntriesRequest): Selector {
  if (selector.by === "all" && isAsIndexed(request)) return everyKey;
  const isOfAllTargets = selector.by === "prefix" && selector.targetPrefix === "/";
  return isOfAllTargets && !isAsIndexed(request) ? { by: "all" } : selector;
}

/** Whether the list is in the order in which the index has keys. */
function isAsIndexed({ sort, isReversed }: EntriesRequest): boolean {
  return sort === "key" && !isReversed;
}

const everyKey = { by: "prefix", targetPrefix: "", host: null, site: null } as const;

function* batches(way: Way, request: EntriesRequest): Generator<readonly Candidate[]> {
  const { after } = request;
  const behind: Place | undefined =
    after !== null && isAsIndexed(request) ? { primaryKey: after.key, variantKey: after.variant } : undefined;
  let batch: Candidate[] = [];
  for (const candidate of way.candidates(behind)) {
    batch.push(candidate);
    if (batch.length < stepsAtATime) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** What comes on this way would come after all that the page has. */
function isFarEnough(
  way: Way,
  candidates: readonly Candidate[],
  request: EntriesRequest,
  takes: (position: Position) => boolean,
): boolean {
  const last = candidates.at(-1);
  if (!way.isByKey || !isAsIndexed(request) || last === undefined) return false;
  return !takes({ value: 0, key: last.primaryKey, variant: last.variantKey });
}

/** Where names are asked for, policies are read. */
const nameless = { groups: [], tags: [] };

function judgeOf(request: EntriesRequest, compare: Compare) {
  const isWanted = wantedBy(request.wanted, request.now);
  const { after, hidden } = request;
  let unreadable = 0;

  /** Where it lies in the list; undefined where it does not, or not behind the page before. */
  function placeIn(row: Judged, selector: Selector): Position | undefined {
    const policy = row.policy === null ? null : decodePolicy(row.policy);
    const response = { ...row, policy: policy ?? nameless };
    if (!selects(selector, response) || !isWanted(row, policy)) return undefined;
    if (hidden.some((each) => selects(each, response))) return undefined;
    const position = positionOf(request, row, policy);
    return after !== null && compare(position, after) <= 0 ? undefined : position;
  }

  /** Undefined, and counted, where it cannot be read. */
  function readable<Result>(read: () => Result): Result | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
      unreadable++;
      return undefined;
    }
  }

  return {
    unreadable: () => unreadable,
    readable,
    positionOf: (row: Judged, selector: Selector) => readable(() => placeIn(row, selector)),
  };
}
