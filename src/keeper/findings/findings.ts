import type { Database } from "bun:sqlite";
import type { FindingsRequest, Found } from "../../control/findings-request.ts";
import { personalSegment } from "../../rules/personal-path.ts";
import { concerns } from "../../store/selecting.ts";
import { type Candidate, prepareWays } from "../ways.ts";
import { prepareComparison } from "./compare.ts";
import { rowsByPath } from "./page-rows.ts";
import { createSplits } from "./splits.ts";
import { prepareSuspects } from "./suspects.ts";

/** Of the time: the rest is for what the rows themselves say. */
const shareOfKeys = 0.5;
const mostPersonalPaths = 20_000;

/**
 * Looks through all that is stored for what an operator would want to change. Copies are found by keys alone, which lie in
 * an index of their own; then those are compared that seem to be one page, and rows are read for what looks like one
 * person's. When the time is over, what has been found is told.
 */
export function readFindings(database: Database, request: FindingsRequest, now: () => number): Found {
  const begun = now();
  const isWithin = (share: number) => now() - begun < request.milliseconds * share;
  const splits = createSplits();
  const suspects = prepareSuspects(database, request);
  const compare = prepareComparison(database);
  const personal: number[] = [];
  const keys = createKeys(database, request, () => isWithin(shareOfKeys));

  for (const page of rowsByPath(keys.candidates())) {
    splits.add(page);
    if (personal.length >= mostPersonalPaths || personalSegment(page.path) === null) continue;
    for (const { seq } of page.rows) personal.push(seq);
  }
  const found = compare(splits.inOrder());
  suspects.lookAt(personal);
  const areAllRead = suspects.lookAtAll(() => isWithin(1));
  return {
    ...{ kind: "findings", looked: keys.looked(), isWhole: keys.areAll() && areAllRead },
    ...{ splits: found, personal: suspects.inOrder() },
  };
}

/** Keys in their order, as long as there is time. */
function createKeys(database: Database, { hidden }: FindingsRequest, isTimeLeft: () => boolean) {
  const everyKey = { by: "prefix", targetPrefix: "", host: null, site: null } as const;
  const byKey = hidden.filter(({ by }) => by !== "tag" && by !== "group" && by !== "variant");
  let looked = 0;
  let areAll = true;

  function* candidates(): Generator<Candidate, void> {
    for (const way of prepareWays(database)(everyKey, Number.MAX_SAFE_INTEGER)) {
      for (const candidate of way.candidates()) {
        looked += 1;
        if (looked % looksAtATime === 0 && !isTimeLeft()) {
          areAll = false;
          return;
        }
        if (!byKey.some((each) => concerns(each, candidate.primaryKey))) yield candidate;
      }
    }
  }
  return { candidates, looked: () => looked, areAll: () => areAll };
}

const looksAtATime = 1_024;
