import {
  type Cause,
  type CauseCount,
  type Causes,
  type CauseTarget,
  type CountedByWorker,
  PERIOD_MILLISECONDS,
} from "../../control/cacheability.ts";
import { isAvoidable } from "../../rules/avoidable.ts";
import { explain, isReasonName } from "../../rules/reason.ts";
import type { Cancel, Clock } from "../../system/clock.ts";
import type { Fleet } from "../fleet.ts";
import type { Journal } from "../journal.ts";
import { costliestFirst, noVolume, sumOf, without } from "../../control/volume.ts";
import type { Advise } from "../report/changes.ts";
import { looksPersonal } from "../report/looks.ts";
import { withOneFirst } from "./first-requests.ts";
import { createHistory } from "./history.ts";
import { causeName, dearestFirst } from "./merging.ts";

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
  /** What a worker tells at its end, unasked: others take its place, and it is not asked any more. */
  heard(told: CountedByWorker): void;
  readonly stop: Cancel;
}

/** So that a worker that dies takes no more with it. */
const COLLECT_MILLISECONDS = 60_000;
/** Who asks within so long after another is told the same. */
const SHARED_MILLISECONDS = 2_000;

export function watchCauses({ fleet, advise, clock, journal, startedAt }: CausesOptions): CausesWatch {
  const history = createHistory();
  /** When each worker was last asked for the period before its present one as well. */
  let wholeAt = 0;
  let collected: { readonly at: number; readonly done: Promise<void> } | undefined;

  async function collect(withFormer: boolean): Promise<void> {
    const now = clock.now();
    const told = await fleet.ask({ about: "cacheability", withFormer });
    history.note(
      told.map(({ answer }) => answer),
      now,
    );
    if (withFormer) wholeAt = now;
  }

  /** The end of the period before the present one is not known yet. */
  function lacksFormer(): boolean {
    return Math.floor(wholeAt / PERIOD_MILLISECONDS) !== Math.floor(clock.now() / PERIOD_MILLISECONDS);
  }

  /** Several who ask at the same time cost what one costs. One that fails is asked again by the next. */
  function collectOnce(): Promise<void> {
    const at = clock.steady();
    if (collected !== undefined && at - collected.at < SHARED_MILLISECONDS) return collected.done;
    const done = collect(lacksFormer());
    collected = { at, done };
    done.catch(() => {
      collected = undefined;
    });
    return done;
  }

  const stop = clock.every(COLLECT_MILLISECONDS, () => {
    collect(true).catch((error: unknown) => journal.error(`causes of misses cannot be told: ${error}`));
  });

  return {
    stop,
    heard: (told) => history.note([told], clock.now()),
    async causes(since) {
      await collectOnce();
      const until = clock.now();
      const wanted = until - since * 1000;
      const remembered = history.since(wanted);
      const { totals, causes, targets } = withOneFirst(remembered);
      const from = Math.max(startedAt, remembered.startsAt ?? wanted);
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
  const causes = counts
    .map((count) => withTargets(count, byCause.get(causeName(count)) ?? []))
    .toSorted((one, other) => costliestFirst(one.avoidable, other.avoidable) || dearestFirst(one, other));
  const told = causes.filter(({ targets: [first] }) => first !== undefined);
  const advice = await advise(
    told.flatMap(({ targets: [target] }) => (target === undefined ? [] : [{ target, paths: null }])),
  );
  const adviceOf = new Map(told.map((cause, place) => [causeName(cause), advice[place] ?? []]));
  return causes.map((cause) => ({ ...cause, advice: [...(adviceOf.get(causeName(cause)) ?? [])] }));
}

function withTargets(count: CauseCount, targets: CauseTarget[]): Omit<Cause, "advice"> {
  const canChange = isAvoidable(count.forwarded, count.reason);
  const personal = targets.filter(looksPersonal).map(({ again }) => again);
  return {
    ...{ ...count, sentences: sentencesOf(count), targets, isAvoidable: canChange },
    avoidable: canChange ? without(count.again, sumOf(personal)) : noVolume,
  };
}

/** Why the origin was asked, and what became of its answer. */
function sentencesOf({ forwarded, reason }: CauseCount): string[] {
  return [...new Set([forwarded, reason])].map((name) => (isReasonName(name) ? explain(name) : name));
}
