import { StoreError, type Selector } from "../store/tier.ts";
import { toStoreError } from "../store/writer.ts";
import type { Index } from "./index.ts";
import type { CountByKind } from "./row-removal.ts";
import { isBusy } from "./schema.ts";

export interface JobsOptions {
  /** Undefined while there is no index. */
  readonly index: () => Index | undefined;
  readonly after: (milliseconds: number, run: () => void) => () => void;
  /** Calls back when what has come until then should be done: at once, or after others have come, too. */
  readonly soon: (run: () => void) => void;
}

/** How many rows a removal took away or made stale, and its number. */
export interface RemovedCount extends CountByKind {
  readonly number: number;
}

/**
 * What is to be done with the index, in the order in which it came: so a response that was handed over before a removal is
 * removed by it, and one that was asked for before and comes after it is refused. Removals that came together are one.
 */
export interface Jobs {
  /** Rejects with a `StoreError`, also where there is no index. */
  ask<Result>(work: (index: Index) => Result): Promise<Result>;
  /** Likewise. */
  remove(selectors: readonly Selector[]): Promise<RemovedCount>;
  /** Resolves when all that has come until now is done. */
  done(): Promise<void>;
}

/** Something that was asked for. It is done in one go, whose outcome goes to who asked. */
type Job = Work | Removal;

interface Work {
  readonly kind: "work";
  readonly run: (index: Index) => void;
  readonly refuse: (error: StoreError) => void;
}

interface Removal {
  readonly kind: "removal";
  readonly selectors: readonly Selector[];
  readonly answer: (removed: RemovedCount) => void;
  readonly refuse: (error: StoreError) => void;
}

/** Somebody else holds the index: it is tried again so often. */
const busyMilliseconds = 100;

export function createJobs({ index, after, soon }: JobsOptions): Jobs {
  let jobs: Job[] = [];
  let isPlanned = false;
  let isHeldUp = false;
  const removing = new Set<Promise<void>>();

  function add(job: Job): void {
    jobs.push(job);
    if (isPlanned || isHeldUp) return;
    isPlanned = true;
    soon(run);
  }

  function run(): void {
    isPlanned = false;
    while (jobs.length > 0) {
      const now = nextJobs(jobs);
      try {
        carryOut(now);
      } catch (error) {
        if (isBusy(error)) {
          holdUp(error);
          return;
        }
        const refusal = toStoreError(error, "the disk cache could not be changed");
        for (const job of now) job.refuse(refusal);
      }
      jobs = jobs.slice(now.length);
    }
  }

  /**
   * Who wants something removed is told so: a client waits, and those who read must know what they may not serve. The
   * rest waits in its order.
   */
  function holdUp(busy: unknown): void {
    const refusal = toStoreError(busy, "somebody else holds the index");
    isHeldUp = true;
    for (const job of jobs) if (job.kind === "removal") job.refuse(refusal);
    jobs = jobs.filter((job) => job.kind !== "removal");
    after(busyMilliseconds, () => {
      isHeldUp = false;
      run();
    });
  }

  function carryOut(now: readonly Job[]): void {
    const there = index();
    if (there === undefined) throw new StoreError("INDEX_ABSENT", "there is no disk cache");
    const [first] = now;
    if (first?.kind === "work") {
      first.run(there);
      return;
    }
    const removals = now.flatMap((job) => (job.kind === "removal" ? job : []));
    const way = removeFor(there, removals).finally(() => removing.delete(way));
    removing.add(way);
  }

  function ask<Result>(work: (index: Index) => Result): Promise<Result> {
    return new Promise((resolve, refuse) => {
      add({ kind: "work", run: (there) => resolve(work(there)), refuse });
    });
  }

  return {
    ask,
    remove: (selectors) =>
      new Promise((answer, refuse) => add({ kind: "removal", selectors, answer, refuse })),
    async done() {
      // The turn of what came before is over then; without an index it was refused, as this is.
      await ask(() => undefined).catch(() => undefined);
      await Promise.all(removing);
    },
  };
}

/** Throws where the removal could not begin; else it never rejects, and each of them is told what became of its own. */
function removeFor(index: Index, removals: readonly Removal[]): Promise<void> {
  return index
    .remove(removals.flatMap(({ selectors }) => selectors))
    .then(({ counts, number }) => {
      let from = 0;
      for (const { selectors, answer } of removals) {
        const own = counts.slice(from, from + selectors.length);
        from += selectors.length;
        answer({ ...sumOf(own), number });
      }
    })
    .catch((error: unknown) => {
      const refusal = toStoreError(error, "responses could not be removed");
      for (const job of removals) job.refuse(refusal);
    });
}

function sumOf(counts: readonly CountByKind[]): CountByKind {
  return {
    complete: counts.reduce((sum, { complete }) => sum + complete, 0),
    partial: counts.reduce((sum, { partial }) => sum + partial, 0),
  };
}

/** The first, and those that may be done with it: removals of single pages, which come with each POST. */
function nextJobs(jobs: readonly Job[]): readonly Job[] {
  const [first] = jobs;
  if (first?.kind !== "removal" || !isSmall(first)) return jobs.slice(0, 1);
  const end = jobs.findIndex((job) => job.kind !== "removal" || !isSmall(job));
  return end === -1 ? jobs : jobs.slice(0, end);
}

function isSmall({ selectors }: Removal): boolean {
  return selectors.every(({ by }) => by === "key" || by === "variant" || by === "target");
}
