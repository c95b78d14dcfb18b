import type { Counters, ToWorker } from "../control/messages.ts";
import type { Measures } from "../control/measures.ts";
import type { PurgeSelector } from "../control/selector.ts";
import type { AnswerAbout, QuestionAbout, WorkerQuestion } from "../control/worker-questions.ts";
import { createClaims } from "./claims.ts";
import { type Clock, within } from "../system/clock.ts";
import { type Crew, type CrewSurroundings, createCrew } from "./crew.ts";
import { FleetError } from "./fleet-error.ts";
import type { KeeperSlot } from "./keeper-slot.ts";
import type { Journal } from "./journal.ts";
import type { LogWriter } from "./log-writer.ts";
import type { SlotState } from "./process-slot.ts";
import { createLedger, type Ledger } from "./measures/ledger.ts";
import { createRelay } from "./relay.ts";
import { listEverywhere, type ListedByKind, type RemovedByKind, removeEverywhere } from "./removing.ts";
import type { Troubles } from "./troubles.ts";
import type { Unremoved } from "./unremoved.ts";
import type { SpawnChild } from "./worker-process.ts";
import type { Removal } from "./slot-events.ts";
import type { Configured, StartOrder, WorkerSlot } from "./worker-slot.ts";

export interface WorkerStatus {
  readonly number: number;
  readonly pid: number | undefined;
  readonly state: SlotState;
  readonly deaths: number;
}

/** What the worker of that number has said. */
export interface Told<Answer> {
  readonly worker: number;
  readonly answer: Answer;
}

/** Every worker, as one. */
export interface Fleet {
  /** Resolves when all workers were ready once. Rejects with a `FleetError` or a `UsageError` when one of them cannot be. */
  start(): Promise<void>;
  status(): readonly WorkerStatus[];
  /** Removes from the disk and from every worker's memory; how many. Rejects with a `FleetError` when that is not certain. */
  remove(selectors: readonly PurgeSelector[]): Promise<RemovedByKind>;
  /** What `remove` would remove, of many responses the first `limit`. Rejects with a `FleetError` when that is not certain. */
  list(selectors: readonly PurgeSelector[], limit: number): Promise<ListedByKind>;
  /**
   * What the workers say to that who serve now. One that takes longer than two seconds is left out, so that whoever wants
   * to look is not kept by a process that hangs. Rejects with a `FleetError` where one says why it cannot tell.
   */
  ask<About extends WorkerQuestion["about"]>(
    question: QuestionAbout<About>,
  ): Promise<readonly Told<AnswerAbout<About>>[]>;
  /** The same of one of them, for so long; undefined where it says nothing. */
  askOne<About extends WorkerQuestion["about"]>(
    worker: number,
    question: QuestionAbout<About>,
    milliseconds: number,
  ): Promise<AnswerAbout<About> | undefined>;
  /** Resolves when every worker serves by these, but for such as are started again with them. */
  configure(configured: Configured): Promise<void>;
  /**
   * Other workers take the place of all. Resolves when they serve; the former have the grace for what is in flight. Rejects
   * with a `FleetError` or a `UsageError` when one of the new cannot be: then the former serve on.
   */
  replace(starts: readonly StartOrder[], graceMilliseconds: number): Promise<void>;
  /**
   * The sum over all workers, those that have ended included; of one that takes longer than a second what it has told last.
   */
  counters(): Promise<Counters>;
  /** What all workers have measured since the start, likewise. */
  measures(): Promise<Measures>;
  /** Resolves when every worker has ended: requests in flight had the grace to finish. */
  drain(graceMilliseconds: number): Promise<void>;
  /** Ends every worker at once; resolves when they have ended. */
  kill(): Promise<void>;
}

export interface FleetOptions {
  /** What each worker is started with; the number is its own. */
  readonly starts: readonly StartOrder[];
  readonly spawn: SpawnChild<ToWorker>;
  readonly keeper: Pick<KeeperSlot, "remove" | "list">;
  /** Removals that are not carried out on the disk. */
  readonly unremoved: Pick<Unremoved, "marks" | "add">;
  readonly clock: Clock;
  readonly journal: Journal;
  /** Hears what the workers have trouble with. */
  readonly troubles: Pick<Troubles, "note">;
  readonly requestLog: Pick<LogWriter, "write">;
  /** The worker of that name has ended. */
  readonly onGone: (workerName: string) => void;
  /** A worker's client, who may do so, wants something purged. */
  readonly onPurge: CrewSurroundings["onPurge"];
  readonly onLeft: CrewSurroundings["onLeft"];
}

const COUNTERS_MILLISECONDS = 1_000;
const ASK_MILLISECONDS = 2_000;

/** Counters whose name ends so are a present amount, not a sum over time: they end with their worker. */
const PRESENT_AMOUNT = /Now$/;

export function createFleet(options: FleetOptions): Fleet {
  const { clock } = options;
  /** What is in flight there is finished, and nothing new comes. */
  const leaving = new Map<Crew, Promise<void>>();
  const slotsNow = (): WorkerSlot[] => crewsNow().flatMap(({ slots }) => [...slots]);

  const ledgers = { counted: createLedger(), measured: createLedger() };
  const surroundings = surroundingsOf(options, slotsNow, ledgers);
  let crew = createCrew(options.starts, surroundings);
  /** The one that is about to take the other's place. */
  let arriving: Crew | undefined;
  let isEnding = false;

  function crewsNow(): Crew[] {
    return [crew, ...(arriving === undefined ? [] : [arriving]), ...leaving.keys()];
  }

  /** Whoever serves alone has nobody to tell what it removes. */
  function tellOfCompany(): void {
    for (const slot of slotsNow()) slot.tellOfCompany();
  }

  /** Of one that is silent, what it has told last has to do: sums must not fall and rise again. */
  async function allTold(asked: readonly Promise<unknown>[]): Promise<void> {
    await Promise.all(asked.map((told) => within(clock, COUNTERS_MILLISECONDS, told)));
  }

  async function ended(slots: readonly WorkerSlot[]): Promise<void> {
    await Promise.all(slots.map((slot) => slot.kill()));
  }

  function leave(former: Crew, graceMilliseconds: number): void {
    const drained = Promise.all(former.slots.map((slot) => slot.drain(graceMilliseconds, true)));
    const gone = drained.then(() => {
      leaving.delete(former);
      tellOfCompany();
    });
    leaving.set(former, gone);
  }

  return {
    start: () => crew.start(),
    status: () => crew.slots.map(({ number, pid, state, deaths }) => ({ number, pid, state, deaths })),
    remove: (selectors) => removeEverywhere(options, slotsNow, selectors),
    list: (selectors, limit) => listEverywhere(options, slotsNow(), selectors, limit),
    async ask(question) {
      const told = await Promise.all(
        crew.slots.map(async (slot) => ({
          worker: slot.number,
          answer: await within(clock, ASK_MILLISECONDS, slot.ask(question)),
        })),
      );
      return told.flatMap(({ worker, answer }) => (answer === undefined ? [] : [{ worker, answer }]));
    },
    async askOne(worker, question, milliseconds) {
      const slot = crew.slots.find(({ number }) => number === worker);
      return slot && (await within(clock, milliseconds, slot.ask(question)));
    },
    async configure(configured) {
      await Promise.all(crew.slots.map((slot) => slot.configure(configured)));
    },
    async replace(starts, graceMilliseconds) {
      // Those there are have been told to end: nobody would tell others.
      if (isEnding) throw new FleetError("cacheproxy is stopping");
      const next = createCrew(starts, surroundings);
      arriving = next;
      tellOfCompany();
      try {
        await next.start();
      } catch (error) {
        await ended(next.slots);
        arriving = undefined;
        tellOfCompany();
        throw error;
      }
      const former = crew;
      arriving = undefined;
      crew = next;
      leave(former, graceMilliseconds);
    },
    async counters() {
      await allTold(slotsNow().map((slot) => slot.count()));
      const { counters, gauges } = ledgers.counted.sum();
      return { ...counters, ...gauges };
    },
    async measures() {
      await allTold(slotsNow().map((slot) => slot.ask({ about: "measures" })));
      return ledgers.measured.sum();
    },
    async drain(graceMilliseconds) {
      isEnding = true;
      const staying = [crew, ...(arriving === undefined ? [] : [arriving])];
      await Promise.all([
        ...staying.flatMap(({ slots }) => slots.map((slot) => slot.drain(graceMilliseconds, false))),
        // They have been given their grace.
        ...leaving.values(),
      ]);
    },
    async kill() {
      isEnding = true;
      await ended(slotsNow());
    },
  };
}

function surroundingsOf(
  options: FleetOptions,
  slotsNow: () => readonly WorkerSlot[],
  { counted, measured }: Readonly<Record<"counted" | "measured", Ledger>>,
): CrewSurroundings {
  const { clock, journal } = options;
  /** Codes of what was told once. */
  const noticed = new Set<string>();
  let lastPlace = 0;

  return {
    spawn: options.spawn,
    ...{ clock, journal },
    troubles: options.troubles,
    requestLog: options.requestLog,
    claims: createClaims(clock),
    relay: createRelay(slotsNow, clock),
    marks: () => options.unremoved.marks,
    hasCompany: () => slotsNow().length > 1,
    newPlace() {
      lastPlace += 1;
      return lastPlace;
    },
    nameAt: (place: number) => slotsNow().find((slot) => slot.place === place)?.workerName ?? null,
    onPurge: options.onPurge,
    onLeft: options.onLeft,
    onUnremoved: ({ selectors }: Removal) => options.unremoved.add(selectors),
    onNotice(code: string, message: string) {
      if (!noticed.has(code)) journal.warn(message);
      noticed.add(code);
    },
    onCounted: (place: number, counters: Counters) => counted.heard(`worker ${place}`, measuresOf(counters)),
    onMeasured: (place: number, measures: Measures) => measured.heard(`worker ${place}`, measures),
    onDeparted(place: number, workerName: string | undefined) {
      for (const ledger of [counted, measured]) ledger.ended(`worker ${place}`);
      if (workerName !== undefined) options.onGone(workerName);
    },
  };
}

function measuresOf(counters: Counters): Measures {
  const { present = [], lasting = [] } = Object.groupBy(Object.entries(counters), ([counter]) =>
    PRESENT_AMOUNT.test(counter) ? "present" : "lasting",
  );
  return { counters: Object.fromEntries(lasting), gauges: Object.fromEntries(present), histograms: {} };
}
