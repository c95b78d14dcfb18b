import type { Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import type { Door } from "../control/kept-socket.ts";
import type { AdminDuties } from "./admin.ts";
import { type Clock, within } from "../system/clock.ts";
import { createFleet, type Fleet, FleetError } from "./fleet.ts";
import { judgeHealth } from "./health.ts";
import { type HouseIndex, type Janitor, startJanitor } from "../keeper/janitor.ts";
import type { Journal } from "./journal.ts";
import type { LogWriter } from "./log-writer.ts";
import { purgeOf } from "./purge.ts";
import { type StopSignals, signalExitCode } from "./signals.ts";
import type { Troubles } from "./troubles.ts";
import { createUnremoved, type RemovingIndex } from "./unremoved.ts";
import type { SpawnWorker } from "./worker-process.ts";
import type { StartOrder } from "./worker-slot.ts";

/** All that a supervisor does its work with; a test brings others. */
export interface SupervisorParts {
  readonly clock: Clock;
  readonly spawn: SpawnWorker;
  readonly index: HouseIndex & RemovingIndex;
  readonly troubles: Troubles;
  readonly journal: Journal;
  readonly requestLog: Pick<LogWriter, "write" | "dropped">;
  readonly signals: Pick<StopSignals, "first" | "second">;
  readonly colours: boolean;
  /** The worker of that name has ended. */
  readonly onGone: (workerName: string) => void;
  /** Opens the operator's doors. */
  readonly listen: (duties: AdminDuties) => readonly Door[];
}

/** How long the end waits for a chore of the house; a sweep is taken up again at the next start. */
const CHORE_MILLISECONDS = 2_000;

/** From the first worker's start to the last one's end. The exit code: see `runSupervisor`. */
export async function supervise(settings: Settings, parts: SupervisorParts): Promise<number> {
  const { clock, journal, signals } = parts;
  const startedAt = { date: clock.now(), steady: clock.steady() };
  let draining = false;
  let janitor: Janitor | undefined;
  const { index, troubles } = parts;
  const unremoved = createUnremoved({ index, clock, troubles });
  const fleet = createFleet({
    starts: startMessages(settings, parts.colours),
    spawn: parts.spawn,
    unremoved,
    clock,
    journal,
    troubles: parts.troubles,
    requestLog: parts.requestLog,
    onGone(workerName, wasOrderly) {
      if (!wasOrderly) janitor?.workerLost();
      parts.onGone(workerName);
    },
  });
  const doors = parts.listen({
    health: () =>
      judgeHealth({
        workers: fleet.status(),
        draining,
        troubles: parts.troubles.recent(),
        now: clock.steady(),
      }),
    stats: async () => ({
      startedAt: startedAt.date,
      workers: fleet.status(),
      counters: await fleet.counters(),
      store: { ...parts.index.totals(), maxBytes: settings.disk },
      logLinesDropped: parts.requestLog.dropped,
    }),
    async purge(request) {
      const { selector, lookedFor } = purgeOf(request, settings);
      return { removed: await fleet.remove(selector), lookedFor };
    },
    onError: (error) => journal.error(`the admin listener: ${error.message}`),
  });
  // The first sweep walks everything: it must not take its time from the first answers.
  const onReady = () => {
    janitor = startJanitor({
      index: parts.index,
      maxBytes: settings.disk,
      maxFiles: settings.maxFiles,
      startedAt: startedAt.steady,
      clock,
      journal,
      troubles: parts.troubles,
    });
  };

  let hurried: NodeJS.Signals | undefined;
  signals.second
    .then((signal) => {
      hurried = signal;
      return fleet.kill();
    })
    .catch((error: unknown) => journal.error(`cannot end the workers: ${error}`));
  try {
    const code = await serveUntilSignal(settings, fleet, parts, onReady);
    draining = true;
    await fleet.drain(code === 0 ? settings.grace : 0);
    return hurried === undefined ? code : signalExitCode(hurried);
  } finally {
    await within(clock, hurried === undefined ? CHORE_MILLISECONDS : 0, janitor?.stop() ?? Promise.resolve());
    unremoved.stop();
    await Promise.all(doors.map((door) => door.stop()));
  }
}

/** 0 when a signal came, 1 when the workers did not, 2 when that is for the operator to mend. */
async function serveUntilSignal(
  settings: Settings,
  fleet: Fleet,
  parts: SupervisorParts,
  onReady: () => void,
): Promise<number> {
  const stop = parts.signals.first.then(() => "stop" as const);
  try {
    const began = await Promise.race([fleet.start().then(() => "ready" as const), stop]);
    if (began === "ready") {
      parts.journal.info(`Cache proxy is listening on port ${settings.port} ...`);
      onReady();
      await stop;
    }
    return 0;
  } catch (error) {
    if (!(error instanceof FleetError || error instanceof UsageError)) throw error;
    parts.journal.error(error.message);
    return error instanceof UsageError ? 2 : 1;
  }
}

function startMessages(settings: Settings, colours: boolean): StartOrder[] {
  const memoryShare = Math.floor(settings.memory / settings.workers);
  return Array.from({ length: settings.workers }, (_, place) => ({
    kind: "start",
    settings,
    workerNumber: place + 1,
    memoryShare,
    colours,
  }));
}
