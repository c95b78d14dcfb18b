import { setImmediate as nextTurn } from "node:timers/promises";
import type { Settings } from "../config/schema.ts";
import type { ListedByWorker, RemovedByWorker, StartMessage } from "../control/messages.ts";
import { requestsKept } from "../control/requests.ts";
import type { CountedByWorker } from "../control/cacheability.ts";
import type { Measures } from "../control/measures.ts";
import type { Listed } from "../control/purge.ts";
import type { PurgeSelector } from "../control/selector.ts";
import { keepSocket } from "../control/kept-socket.ts";
import { workerSocketPath } from "../control/worker-socket.ts";
import { createDeadlines, type Deadlines } from "../origin/deadlines.ts";
import type { Plan } from "../sites/plan.ts";
import { stopListening } from "../system/listening.ts";
import { createTransit } from "../serve/answer/transit.ts";
import { createWebSockets } from "../serve/upgrade/web-sockets.ts";
import { createOpenFiles } from "../store/disk/open-files.ts";
import { limitTelling } from "../store/limit-telling.ts";
import type { StoredResponse, Trouble } from "../store/tier.ts";
import type { WorkerAnswer, WorkerQuestion } from "../control/worker-questions.ts";
import { createAccessLog } from "./access-log.ts";
import { startClientThread } from "./client-thread.ts";
import { createDebugTokens } from "./debug-tokens.ts";
import { explainedEntries } from "./explained-entries.ts";
import { every, startClocks } from "./clocks.ts";
import { answerQuestion } from "./answers.ts";
import { createCacheability } from "./cacheability/recorder.ts";
import { adviceOnTarget } from "./cacheability/advice-on-target.ts";
import { createWorkerMeasures } from "./measures/worker-measures.ts";
import { createCounters } from "./counters.ts";
import { createOriginCosts } from "./heavy/origin-costs.ts";
import { loadOfThisProcess } from "./load.ts";
import { createFarewell } from "./farewell.ts";
import { createCrowdWatch, createSpares, ownDescriptorsNow } from "./descriptors.ts";
import type { SupervisorLink } from "./link.ts";
import { hooksOf } from "./hooks.ts";
import { openListeners } from "./open-listeners.ts";
import { createRequestRing } from "./recent/ring.ts";
import { createRecentRequests } from "./recent/recent-requests.ts";
import { createPeers, listenToPeers } from "./peers.ts";
import { quickMilliseconds } from "./serve-options.ts";
import { closeDoors, originViews, sitesAnswering } from "./doors.ts";
import { makeSites } from "./sites.ts";
import { createServing } from "./serving.ts";
import { openStorage } from "./storage.ts";

/** What serves: a listener, the stores behind it and the way to the origin. */
export interface DataPlane {
  readonly port: number;
  /** By which the other workers find this one. */
  readonly name: string;
  counters(): Record<string, number>;
  measures(): Measures;
  /** What the origin was asked for in this period and the one before, and why. */
  cacheability(): CountedByWorker;
  /** Lets go of what another process has had removed; how many there were. */
  remove(selectors: readonly PurgeSelector[], number: number | null): Promise<RemovedByWorker>;
  /** What `remove` would let go of, of many responses the first so many. */
  list(selectors: readonly PurgeSelector[], limit: number): Promise<ListedByWorker>;
  /** Tells what somebody wants to see of it. */
  answer(question: WorkerQuestion): Promise<WorkerAnswer>;
  supervisorLost(): void;
  /** Serves by these from here on; what is stored and what is under way stays. */
  configure(settings: Settings, plan: Plan): Promise<void>;
  /**
   * Accepts nothing more, lets requests in flight finish for so many milliseconds, closes the stores. `isReplaced`: others
   * listen on the same port, and clients go over to them.
   */
  drain(graceMilliseconds: number, isReplaced: boolean): Promise<void>;
}

/** What of a worker's memory is for bodies on their way. */
const transitShare = 1 / 8;
/** A store that cannot write is told of so often, by each worker, in milliseconds. */
const troubleMilliseconds = 1_000;
/** An origin that cannot be reached, likewise: it may be so for hours. */
const originMilliseconds = 10_000;
const spareDescriptors = 8;
/** A connection over which nothing has come for so many milliseconds can be closed: who uses it then asks again. */
const leadMilliseconds = 5_000;
const togetherMilliseconds = 250;
/** How often the descriptors in use are looked at. */
const crowdMilliseconds = 100;
/** Seconds without a byte either way, between requests and within them; who waits for the origin is not idle. */
const idleSeconds = 120;

/** Of which one side has closed, the other has so many milliseconds to do so, too. */
const closingMilliseconds = 10_000;

/**
 * Rejects when the port cannot be listened on; with a `UsageError` when that is for the operator to mend. Longer than a
 * screen, as the one list of what a worker is made of, in the order in which its parts need each other.
 */
export async function startDataPlane(start: StartMessage, link: SupervisorLink): Promise<DataPlane> {
  const { settings } = start;
  await startClientThread();
  const clocks = startClocks(start.now);
  const { now, order, monotonic } = clocks;
  const originCosts = createOriginCosts();
  const measures = createWorkerMeasures(start.workerNumber, clocks.date, every);
  const counters = createCounters(measures.traffic);
  const newId = () => crypto.randomUUID().replaceAll("-", "");
  const cacheability = createCacheability({
    date: clocks.date,
    life: newId(),
    totals: measures.traffic.totals,
  });
  const say = ({ code, message }: Trouble) => link.trouble(code, message);
  const tell = limitTelling(say, monotonic, troubleMilliseconds);
  const tellOfOrigin = limitTelling(say, monotonic, originMilliseconds);
  const onTrouble = (trouble: Trouble) => {
    counters.count(`trouble.${trouble.code}`);
    tell(trouble);
  };
  const random32 = () => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  const transit = createTransit(Math.floor(start.memoryShare * transitShare));
  let isAdrift = false;
  const memoryBytes = Math.ceil(start.memoryShare * (1 - transitShare));
  const storage = openStorage({
    settings,
    // The keeper of the next supervisor takes what workers of one that is lost have still to bring and to remove.
    isOurs: (household) => isAdrift || household === start.startedAt,
    marks: start.marks,
    seed: random32(),
    ...{ memoryBytes, now, order, newId, onTrouble },
  });
  const { memory, store } = storage;
  const accessLog = createAccessLog({
    ...{ log: settings.log, logSample: settings.logSample, colours: start.colours },
    lead: clocks.lead,
    write: link.log,
  });
  const { workerNumber } = start;
  const ring = createRequestRing({ workerNumber, size: requestsKept, lead: clocks.lead });
  const requests = createRecentRequests({ ring, life: newId(), nextTurn: () => nextTurn() });
  const siteTools = {
    clocks,
    loopId: newId(),
    clientTimeout: idleSeconds * 1000,
    onOriginTrouble: tellOfOrigin,
    onOriginState: link.news,
    meterFor: measures.origins.meterFor,
    firstTurn: random32(),
    newMask: () => crypto.getRandomValues(new Uint8Array(4)),
    every,
  };
  let webSocketIdle = idleOf(settings);
  let made = await makeSites(settings, start.plan, siteTools);
  const files = createOpenFiles();
  const hooks = hooksOf({
    link,
    storage,
    counters,
    ring,
    originCosts,
    cacheability,
    measures,
    accessLog,
    onTrouble,
    onOriginTrouble: tellOfOrigin,
  });
  const farewell = createFarewell({
    async listening() {
      await stopListening(nextTurn);
      // The other workers that leave are about to do the same.
      await Bun.sleep(togetherMilliseconds);
    },
    clients() {
      webSockets.leave();
      return Bun.sleep(leadMilliseconds);
    },
  });
  const webSockets = createWebSockets({
    idle: () => webSocketIdle,
    closing: createDeadlines(closingMilliseconds),
    onJoined: () => counters.count("websocket.opened"),
    onPassed({ fromClient, toClient }) {
      counters.count("websocket.bytesFromClients", fromClient);
      counters.count("websocket.bytesToClients", toClient);
    },
  });
  const serving = createServing({
    sites: made,
    memory,
    store,
    files,
    flights: {
      patience: createDeadlines(settings.collapseWait),
      seed: random32(),
    },
    peers: settings.workers > 1 ? createPeers(link, settings.cacheDir, settings, clocks) : null,
    clocks,
    transit,
    collecting: createDeadlines(quickMilliseconds),
    webSockets,
    newBoundary: newId,
    idleSeconds,
    hooks,
    explaining: explainedEntries(settings),
    takesExplanation: createDebugTokens(start.debugKey, clocks.date),
  });
  // Before it listens: what is removed meanwhile is done when this returns, and nobody may be answered before that.
  await storage.begun();
  const listener = await openListeners({
    settings,
    certificates: start.certificates,
    workerNumber: start.workerNumber,
    handlersAt: (entry) => farewell.handlers(serving.at(entry).handlers),
    newSuffix: () => newId().slice(0, 8),
  });

  const name = `worker-${start.workerNumber}-${newId().slice(0, 8)}`;
  const peerListener =
    settings.workers === 1
      ? null
      : keepSocket({
          path: workerSocketPath(settings.cacheDir, name),
          listen: () => listenToPeers(serving.sites, hooks.onError, settings.cacheDir, name),
          every,
          onTrouble: (error) => onTrouble({ code: "PEERS", message: `other workers cannot ask: ${error}` }),
        });

  const descriptors = ownDescriptorsNow();
  const spares = createSpares(spareDescriptors);
  const look = descriptors && createCrowdWatch({ descriptors, spares, listener, onTrouble });
  const watch = look && setInterval(look, crowdMilliseconds);

  const readMeasures = () =>
    measures.read({
      ...{ counters, memory, memoryLimit: memoryBytes, flights: serving.flights },
      ...{ webSockets, listener, doors: made.doors, descriptors },
    });

  return {
    port: listener.port,
    name,
    counters: () => ({
      ...counters.read(),
      memoryBytesNow: memory.bytes,
      memoryObjectsNow: memory.objects,
      websocketsNow: webSockets.joined,
    }),
    measures: readMeasures,
    cacheability: () => cacheability.read(true),
    async remove(selectors, number) {
      const inFlight = serving.flights.detach(selectors);
      return { complete: await storage.heed(selectors, number), inFlight };
    },
    async list(selectors, limit) {
      const { count, first } = await memory.list(selectors, limit);
      return { complete: count, inFlight: serving.flights.countOf(selectors), listed: first.map(listedAs) };
    },
    answer: (question) =>
      answerQuestion(question, {
        explain: serving.explain,
        memory,
        requests,
        load: () => loadOfThisProcess(counters),
        measures: readMeasures,
        originCosts: () => originCosts.read(now()),
        origins: (mayAsk) => sitesAnswering(made.doors, mayAsk),
        originViews: () => originViews(made.doors, measures.origins),
        cacheability: cacheability.read,
        advise: (target) => adviceOnTarget(target, serving.explain),
        workerNumber,
      }),
    supervisorLost() {
      isAdrift = true;
    },
    async configure(next, plan) {
      const former = made;
      made = await makeSites(next, plan, siteTools, former.doors);
      serving.useSites(made);
      webSocketIdle = idleOf(next);
      closeDoors(former.doors, made.doors);
    },
    async drain(graceMilliseconds, isReplaced) {
      clearInterval(watch);
      const grace = Bun.sleep(graceMilliseconds);
      if (isReplaced) await Promise.race([farewell.say(), grace]);
      webSockets.leave();
      await Promise.race([listener.stop(false), grace]);
      await listener.stop(true);
      closeDoors(made.doors);
      await peerListener?.stop();
      accessLog?.flush();
      files.close();
      await storage.close();
    },
  };
}

function listedAs({ primaryKey, variantKey, status, size }: StoredResponse): Listed {
  return { key: primaryKey, variant: variantKey, status, size, isPartial: false };
}

/** For WebSockets that are joined from now on. */
function idleOf({ websocketIdle }: Settings): Deadlines | null {
  return websocketIdle === undefined ? null : createDeadlines(websocketIdle);
}
