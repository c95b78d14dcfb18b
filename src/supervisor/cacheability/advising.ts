import type { AdvisedTarget } from "../../control/cacheability.ts";
import type { Advice } from "../../control/explanation.ts";
import type { Fleet } from "../fleet.ts";
import { FleetError } from "../fleet-error.ts";
import type { Advise, AskedAdvice } from "../report/changes.ts";

export interface AdvisingOptions {
  readonly fleet: Pick<Fleet, "askOne" | "status">;
  /** By what requests are served now; another one each time it is changed. */
  readonly configuration: () => object;
}

/** For a worker that may have to look into the store for each of them. */
const ADVISE_MILLISECONDS = 5_000;
/** So many at once, so that a worker serves meanwhile. */
const askedAtOnce = 50;
/** Answers that are remembered: twice as many as a report asks for. */
const remembered = 2_000;

/**
 * Asks a worker what could be changed. What it has said of the same target that looks the same is remembered for as long as
 * the settings are the same, so that who asks again and again costs nothing.
 */
export function createAdvising({ fleet, configuration }: AdvisingOptions): Advise {
  const known = new Map<string, readonly Advice[]>();
  let knownFor = configuration();

  /** What is said while the settings change is told, and not remembered. */
  async function learn(targets: readonly Named[]): Promise<ReadonlyMap<string, readonly Advice[]>> {
    const askedUnder = configuration();
    const learned = new Map<string, readonly Advice[]>();
    const silent = new Set<number>();
    for (let start = 0; start < targets.length; start += askedAtOnce) {
      const some = targets.slice(start, start + askedAtOnce);
      const told = await askAny(
        fleet,
        silent,
        some.map(([, target]) => target),
      );
      for (const [place, [name]] of some.entries()) learned.set(name, told[place] ?? []);
    }
    if (configuration() === askedUnder) for (const [name, advice] of learned) known.set(name, advice);
    return learned;
  }

  function forgetOld(): void {
    for (const name of [...known.keys()].slice(0, Math.max(0, known.size - remembered))) known.delete(name);
  }

  return async (asked) => {
    if (knownFor !== configuration()) known.clear();
    knownFor = configuration();
    const targets = asked.map(targetOf).map((target): Named => [JSON.stringify(target), target]);
    const before = new Map(known);
    const learned = await learn([...new Map(targets.filter(([name]) => !before.has(name)))]);
    const advice = targets.map(([name]) => learned.get(name) ?? before.get(name) ?? []);
    forgetOld();
    return advice;
  };
}

/** A target with a name that no other has, nor the same when it looks different. */
type Named = readonly [name: string, target: AdvisedTarget];

function targetOf({ target, paths }: AskedAdvice): AdvisedTarget {
  const { site, forwarded, reason, url, evidence } = target;
  return { site, forwarded, reason, url, evidence, paths: paths === null ? null : [...paths] };
}

/** The first that answers. One that hangs is waited for once: it is noted among the silent, who come after the others. */
async function askAny(
  { askOne, status }: AdvisingOptions["fleet"],
  silent: Set<number>,
  targets: readonly AdvisedTarget[],
): Promise<readonly (readonly Advice[])[]> {
  const numbers = status().map(({ number }) => number);
  const isSilent = (number: number) => Number(silent.has(number));
  for (const number of numbers.toSorted((one, other) => isSilent(one) - isSilent(other))) {
    const answer = await askOne(number, { about: "advise", targets: [...targets] }, ADVISE_MILLISECONDS);
    if (answer !== undefined) return answer.advice;
    silent.add(number);
  }
  throw new FleetError("no worker says what could be changed; ask again in a moment");
}
