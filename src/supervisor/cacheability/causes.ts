import type { Cause, CauseCount, Causes, CauseTarget } from "../../control/cacheability.ts";
import { isAvoidable } from "../../rules/avoidable.ts";
import { explain, isReasonName } from "../../rules/reason.ts";
import type { Cancel, Clock } from "../../system/clock.ts";
import type { Fleet } from "../fleet.ts";
import type { Journal } from "../journal.ts";
import type { Advise } from "../report/changes.ts";
import { withOneFirst } from "./first-requests.ts";
import { createHistory, TARGETS_KEPT } from "./history.ts";
import { causeName, dearestFirst, merged } from "./merging.ts";

export interface CausesOptions {
  readonly fleet: Pick<Fleet, "ask">;
  readonly advise: Advise;
  readonly clock: Clock;
  readonly journal: Pick<Journal, "error">;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** Remembers what was no hit and why, and tells it. */
export interface CausesWatch {
  /** In so many seconds before now. Rejects with a `FleetError` when no worker can tell. */
  causes(since: number): Promise<Causes>;
  readonly stop: Cancel;
}

/** So that a worker that dies takes no more with it. */
const COLLECT_MILLISECONDS = 60_000;
/** Who asks within so long after another is told the same. */
const SHARED_MILLISECONDS = 2_000;

export function watchCauses({ fleet, advise, clock, journal, startedAt }: CausesOptions): CausesWatch {
  const history = createHistory();
  let collected: { readonly at: number; readonly done: Promise<void> } | undefined;

  async function collect(): Promise<void> {
    const told = await fleet.ask({ about: "cacheability" });
    history.note(
      told.map(({ answer }) => answer),
      clock.now(),
    );
  }

  /** Several who ask at the same time cost what one costs. One that fails is asked again by the next. */
  function collectOnce(): Promise<void> {
    const at = clock.steady();
    if (collected !== undefined && at - collected.at < SHARED_MILLISECONDS) return collected.done;
    const done = collect();
    collected = { at, done };
    done.catch(() => {
      collected = undefined;
    });
    return done;
  }

  const stop = clock.every(COLLECT_MILLISECONDS, () => {
    collectOnce().catch((error: unknown) => journal.error(`causes of misses cannot be told: ${error}`));
  });

  return {
    stop,
    async causes(since) {
      await collectOnce();
      const until = clock.now();
      const wanted = until - since * 1000;
      const stretches = history.since(wanted);
      const { totals, causes, targets } = withOneFirst(merged(stretches, TARGETS_KEPT));
      const from = Math.max(startedAt, stretches.at(-1)?.startsAt ?? wanted);
      return { from, until, totals: [...totals], causes: await causesOf(causes, targets, advise) };
    },
  };
}

async function causesOf(
  counts: readonly CauseCount[],
  targets: readonly CauseTarget[],
  advise: Advise,
): Promise<Cause[]> {
  const byCause = Map.groupBy(targets.toSorted(dearestFirst), causeName);
  const causes = counts.toSorted(dearestFirst).map((count) => ({
    ...count,
    sentences: sentencesOf(count),
    isAvoidable: isAvoidable(count.forwarded, count.reason),
    targets: byCause.get(causeName(count)) ?? [],
  }));
  const told = causes.filter(({ targets: [first] }) => first !== undefined);
  const advice = await advise(
    told.flatMap(({ targets: [target] }) => (target === undefined ? [] : [{ target, paths: null }])),
  );
  const adviceOf = new Map(told.map((cause, place) => [causeName(cause), advice[place] ?? []]));
  return causes.map((cause) => ({ ...cause, advice: [...(adviceOf.get(causeName(cause)) ?? [])] }));
}

/** Why the origin was asked, and what became of its answer. */
function sentencesOf({ forwarded, reason }: CauseCount): string[] {
  return [...new Set([forwarded, reason])].map((name) => (isReasonName(name) ? explain(name) : name));
}
