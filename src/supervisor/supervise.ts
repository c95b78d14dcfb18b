import type { Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import { writtenListen } from "../config/written-addresses.ts";
import type { ToKeeper } from "../control/keeper-messages.ts";
import type { DebugKey } from "../control/debug-token.ts";
import type { Door } from "../control/kept-socket.ts";
import type { PurgeAnswer } from "../control/purge.ts";
import type { ToWorker } from "../control/messages.ts";
import type { AdminDoor } from "./admin/listener.ts";
import { createAdvising } from "./cacheability/advising.ts";
import { watchCauses } from "./cacheability/causes.ts";
import { type Clock, within } from "../system/clock.ts";
import type { Configuration, ConfigurationSource } from "./configuration.ts";
import { createFollowing } from "./following.ts";
import { createFleet, type Fleet } from "./fleet.ts";
import { FleetError } from "./fleet-error.ts";
import { createIndexReading, type RunReader } from "./index-reading.ts";
import { judgeHealth } from "./health.ts";
import type { Journal } from "./journal.ts";
import { createKeeperSlot, type KeeperSlot } from "./keeper-slot.ts";
import type { LogWriter } from "./log-writer.ts";
import { certificateTexts } from "./named-files.ts";
import { operatorRoutes } from "./operator-routes.ts";
import { watchOverview } from "./overview.ts";
import type { Places } from "./places.ts";
import { startMeasuring } from "./measures/measuring.ts";
import { createPurging } from "./purging.ts";
import { createReload } from "./reload.ts";
import { startReloading } from "./reloading.ts";
import { type StopSignals, signalExitCode } from "./signals.ts";
import { watchTop } from "./top.ts";
import type { Troubles } from "./troubles.ts";
import { createUnremoved } from "./unremoved.ts";
import type { UnremovedNote } from "./unremoved-note.ts";
import type { SpawnChild } from "./worker-process.ts";
import type { PurgeOutcome } from "./slot-events.ts";
import type { StartOrder } from "./worker-slot.ts";

/** What the operator decides about the door on the network, also while it is open. */
export type AdminSettings = Pick<Settings, "adminToken" | "adminOpen">;

/** All that a supervisor does its work with; a test brings others. */
export interface SupervisorParts {
  readonly clock: Clock;
  readonly spawnWorker: SpawnChild<ToWorker>;
  readonly spawnKeeper: SpawnChild<ToKeeper>;
  readonly runReader: RunReader;
  /** Whether the cache directory is this supervisor's: see `CacheLock.keep`. */
  readonly keepDirectory: () => boolean;
  readonly unremovedNote: UnremovedNote;
  readonly troubles: Troubles;
  readonly journal: Journal;
  readonly requestLog: Pick<LogWriter, "write" | "dropped">;
  readonly signals: Pick<StopSignals, "first" | "second" | "onHangUp">;
  readonly source: ConfigurationSource;
  /** See `ListenClaims.moveTo`. */
  readonly moveTo: Places["moveTo"];
  readonly colours: boolean;
  /** What proves debug tokens, made where there is none; null where that cannot be. */
  readonly debugKey: () => DebugKey | null;
  /** The worker of that name has ended. */
  readonly onGone: (workerName: string) => void;
  /** Opens the operator's doors. */
  readonly listen: (door: AdminDoor, settingsNow: () => AdminSettings) => readonly Door[];
}

/** How long a start waits for the keeper when the workers are ready: they serve without the disk as well. */
const KEEPER_START_MILLISECONDS = 2_000;
/** What the keeper may take to commit what it has and to close the index. */
const KEEPER_END_MILLISECONDS = 2_000;

/**
 * From the first process's start to the last one's end. The exit code: see `runSupervisor`. Longer than a screen, as the one
 * list of what the supervisor is made of, in the order in which its parts need each other.
 */
export async function supervise(configuration: Configuration, parts: SupervisorParts): Promise<number> {
  const { clock, journal, signals } = parts;
  const { troubles, unremovedNote } = parts;
  const served = Promise.withResolvers<void>();
  const startedAt = clock.now();
  const debugKey = parts.debugKey();
  let draining = false;
  const household = clock.steady();
  const keeper = createKeeperSlot({
    settings: configuration.settings,
    startedAt: household,
    spawn: parts.spawnKeeper,
    isOurs() {
      const isOurs = parts.keepDirectory();
      if (isOurs) unremovedNote.heedFormer();
      return isOurs;
    },
    clock,
    journal,
    troubles,
  });
  const unremoved = createUnremoved({ keeper, note: unremovedNote.leave, clock, troubles });
  const fleet = createFleet({
    starts: startsBy(configuration),
    spawn: parts.spawnWorker,
    keeper,
    unremoved,
    clock,
    journal,
    troubles,
    requestLog: parts.requestLog,
    onGone: parts.onGone,
    onPurge: ({ wanted, client, asker: by }) =>
      outcomeOf(purging.purge(wanted, { door: "traffic", by, client }), journal),
    onLeft: (cacheability) => causes.heard(cacheability),
  });
  const purging = createPurging({ fleet, plan: () => reload.current.plan, clock });
  function startsBy({ settings, plan }: Configuration): StartOrder[] {
    const memoryShare = Math.floor(settings.memory / settings.workers);
    // Read once for a crew: who is started again serves, whatever has become of the files.
    const certificates = certificateTexts(settings.certificates);
    const common = {
      kind: "start",
      ...{ settings, plan, certificates, memoryShare, debugKey },
      startedAt: household,
    } as const;
    return Array.from({ length: settings.workers }, (_, place) => ({
      ...common,
      workerNumber: place + 1,
      colours: parts.colours,
    }));
  }
  const reload = createReload({
    first: configuration,
    source: parts.source,
    acts: {
      configure: (wanted) => fleet.configure(wanted),
      replaceWorkers,
      renewKeeper: ({ settings }) => keeper.renew(settings, KEEPER_END_MILLISECONDS),
      stored: keeper.totals,
    },
    journal,
    started: served.promise,
  });
  async function replaceWorkers(wanted: Configuration): Promise<void> {
    const letGo = await parts.moveTo(wanted.settings);
    try {
      await fleet.replace(startsBy(wanted), wanted.settings.grace);
    } catch (error) {
      (await parts.moveTo(reload.current.settings))();
      throw error;
    }
    letGo();
  }
  const health = () =>
    judgeHealth({
      workers: fleet.status(),
      keeper: keeper.status,
      draining,
      troubles: troubles.recent(),
      now: clock.steady(),
    });
  const measuring = startMeasuring({
    ...{ fleet, keeper, purging, health, startedAt, clock },
    requestLog: parts.requestLog,
    settings: () => reload.current.settings,
  });
  const stopReloading = startReloading({ reload, signals, clock, journal });
  const top = watchTop({ fleet, store: storeNow, clock, journal, startedAt });
  const advise = createAdvising({ fleet, configuration: () => reload.current });
  const causes = watchCauses({ fleet, advise, clock, journal, startedAt });
  const overview = watchOverview({
    ...{ fleet, keeper, health, clock, journal, startedAt },
    diskLimit: () => reload.current.settings.disk,
  });
  const reading = createIndexReading(parts.runReader, clock);
  const following = createFollowing(fleet, clock);
  const onError = (error: Error) => journal.error(`the admin listener: ${error.message}`);
  const routes = operatorRoutes({
    ...{
      fleet,
      keeper,
      purging,
      reload,
      top,
      causes,
      advise,
      measuring,
      following,
      reading,
      unremoved,
      overview,
      health,
      debugKey,
      clock,
    },
    ...{ store: storeNow, requestLog: parts.requestLog, startedAt, onError, isDraining: () => draining },
  });
  const doors = parts.listen({ routes, onError }, () => reload.current.settings);
  async function storeNow() {
    return { ...(await keeper.totals()), maxBytes: reload.current.settings.disk };
  }

  let hurried: NodeJS.Signals | undefined;
  signals.second
    .then(async (signal) => {
      hurried = signal;
      await Promise.all([fleet.kill(), keeper.kill()]);
    })
    .catch((error: unknown) => journal.error(`cannot end the workers and the keeper: ${error}`));
  try {
    const code = await serveUntilSignal(configuration.settings, fleet, keeper, parts, served.resolve);
    draining = true;
    reload.close();
    await fleet.drain(code === 0 ? reload.current.settings.grace : 0);
    return hurried === undefined ? code : signalExitCode(hurried);
  } finally {
    following.stop();
    // Who reads the index would keep the keeper from closing it for good.
    reading.stop();
    // The workers have handed it all they had.
    await keeper.stop(KEEPER_END_MILLISECONDS);
    stopReloading();
    top.stop();
    causes.stop();
    unremoved.stop();
    measuring.stop();
    overview.stop();
    await Promise.all(doors.map((door) => door.stop()));
  }
}

/** 0 when a signal came, 1 when the workers did not, 2 when that is for the operator to mend. */
async function serveUntilSignal(
  settings: Pick<Settings, "listen">,
  fleet: Fleet,
  keeper: KeeperSlot,
  { clock, journal, signals }: SupervisorParts,
  onServing: () => void,
): Promise<number> {
  const stop = signals.first.then(() => "stop" as const);
  async function start() {
    keeper.run();
    await fleet.start();
    await within(clock, KEEPER_START_MILLISECONDS, keeper.whenReady);
    return "ready" as const;
  }
  try {
    const began = await Promise.race([start(), stop]);
    if (began === "ready") {
      journal.ready(`Cache proxy is listening on ${listenedAt(settings)} ...`);
      onServing();
      await stop;
    }
    return 0;
  } catch (error) {
    if (!(error instanceof FleetError || error instanceof UsageError)) throw error;
    journal.error(error.message);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** "port 8888"; of several places all. */
function listenedAt({ listen }: Pick<Settings, "listen">): string {
  const [first, ...others] = listen;
  if (others.length === 0 && first?.kind === "tcp") return `port ${first.port}`;
  return listen.map(writtenListen).join(", ");
}

/** What a worker tells its client of a purge. */
async function outcomeOf(purge: Promise<PurgeAnswer>, journal: Journal): Promise<PurgeOutcome> {
  try {
    return { answer: await purge };
  } catch (error) {
    if (error instanceof UsageError) return { error: error.message, isRefusal: true };
    if (error instanceof FleetError) return { error: error.message };
    journal.error(`a purge: ${error instanceof Error ? error.message : String(error)}`);
    return { error: "internal error; the log tells more" };
  }
}
