import { codeOf, listenRefusal, writtenAddress } from "../config/listen-refusal.ts";
import type { Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import type { StartMessage } from "../control/messages.ts";
import type { PurgeSelector } from "../control/selector.ts";
import { keepSocket } from "../control/kept-socket.ts";
import { workerSocketPath } from "../control/worker-socket.ts";
import { createDeadlines } from "../origin/deadlines.ts";
import { createForward, lacksDescriptor, wordsOf } from "../origin/forward.ts";
import { cookieMatcher } from "../rules/cookies.ts";
import type { ErrorCap } from "../rules/exchange.ts";
import { createApp } from "../serve/app.ts";
import type { ServeContext, ServeOptions } from "../serve/context.ts";
import { Flights } from "../serve/flight/flights.ts";
import { createHit } from "../serve/hit/hit.ts";
import type { OnServed } from "../serve/answer/outcome.ts";
import type { Ready } from "../serve/hit/ready.ts";
import { createTransit } from "../serve/answer/transit.ts";
import { openReopeningDiskStore } from "../store/disk/reopening.ts";
import { createMemoryStore } from "../store/memory/memory-store.ts";
import { createOpenFiles } from "../store/disk/open-files.ts";
import { markRemovals } from "../store/disk/removal-marks.ts";
import { ordinaryRefusals, type Trouble } from "../store/tier.ts";
import { createTieredStore } from "../store/tiers.ts";
import { createAccessLog } from "./access-log.ts";
import { clientAddress } from "./client-address.ts";
import { startClientThread } from "./client-thread.ts";
import { every, startClocks } from "./clocks.ts";
import { createCounters } from "./counters.ts";
import { createCrowdWatch, createSpares, ownDescriptorsNow } from "./descriptors.ts";
import type { SupervisorLink } from "./link.ts";
import { requestHandlers } from "./listener.ts";
import { addressOf, wayToOrigin } from "./origin-way.ts";
import { selfRedirectNotice } from "./notices.ts";
import { createPausingListener } from "./pausing-listener.ts";
import { createPeers, listenToPeers } from "./peers.ts";
import { limitTelling } from "./troubles.ts";

/** What serves: a listener, the stores behind it and the way to the origin. */
export interface DataPlane {
  readonly port: number;
  /** By which the other workers find this one. */
  readonly name: string;
  counters(): Record<string, number>;
  /** From both tiers; how many. */
  remove(selector: PurgeSelector): Promise<number>;
  /** Accepts nothing more, lets requests in flight finish for so many milliseconds, closes the stores. */
  drain(graceMilliseconds: number): Promise<void>;
}

/** Bodies announced to be no larger are sent with their length; larger misses are chunked (a limit of Bun's server). */
const collectSize = 256 * 1024;
/** The same for those that come within so many milliseconds. */
const quickCollectSize = 8 * 1024 * 1024;
const quickMilliseconds = 25;
/** What of a worker's memory is for bodies on their way. */
const transitShare = 1 / 8;
/** A store that cannot write is told of so often, by each worker, in milliseconds. */
const troubleMilliseconds = 1_000;
/** An origin that cannot be reached, likewise: it may be so for hours. */
const originMilliseconds = 10_000;
const spareDescriptors = 8;
/** How often the descriptors in use are looked at. */
const crowdMilliseconds = 100;
/** Seconds without a byte either way, between requests and within them; who waits for the origin is not idle. */
const idleSeconds = 120;

/** Rejects when the port cannot be listened on; with a `UsageError` when that is for the operator to mend. */
export async function startDataPlane(start: StartMessage, link: SupervisorLink): Promise<DataPlane> {
  const { settings } = start;
  await startClientThread();
  const clocks = startClocks(start.now);
  const { now, order, monotonic } = clocks;
  const counters = createCounters();
  const newId = () => crypto.randomUUID().replaceAll("-", "");
  const say = ({ code, message }: Trouble) => link.trouble(code, message);
  const tell = limitTelling(say, monotonic, troubleMilliseconds);
  const tellOfOrigin = limitTelling(say, monotonic, originMilliseconds);
  const onTrouble = (trouble: Trouble) => {
    counters.count(`trouble.${trouble.code}`);
    tell(trouble);
  };
  const maxVariantsPerKey = settings.maxVariants;
  const transit = createTransit(Math.floor(start.memoryShare * transitShare));
  const maxBytes = Math.ceil(start.memoryShare * (1 - transitShare));
  const memory = createMemoryStore<Ready>({ maxBytes, maxVariantsPerKey, order, newId });
  const unmarked = openReopeningDiskStore({
    directory: settings.cacheDir,
    maxBytes: settings.disk,
    maxFiles: settings.maxFiles,
    maxVariantsPerKey,
    now,
    order,
    newId,
    onTrouble,
    role: "worker",
  });
  const disk = markRemovals(unmarked, { order, marks: start.marks, onMark: link.unremoved, onTrouble });
  const store = createTieredStore(memory, disk, onTrouble);
  const accessLog = createAccessLog(settings.log, start.colours, clocks.lead, link.log);
  const onServed: OnServed = (served) => {
    counters.served(served);
    accessLog?.onServed(served);
  };
  const onError = (error: unknown) => onTrouble(troubleOf(error));
  const options = serveOptions(settings, newId());
  const flights = new Flights({
    monotonic,
    patience: createDeadlines(settings.collapseWait),
    seed: crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
  });
  const timeouts = {
    firstByteTimeout: settings.originTimeout,
    idleTimeout: settings.originIdleTimeout,
    clientTimeout: idleSeconds * 1000,
  };
  const context: ServeContext = {
    options,
    store,
    forward: createForward({
      ...(await wayToOrigin(settings)),
      ...timeouts,
      ...clocks,
      onFailure: (code, message) => tellOfOrigin({ code, message }),
    }),
    flights,
    peers: settings.workers > 1 ? createPeers(link, settings.cacheDir, settings, clocks) : null,
    ...clocks,
    transit,
    collecting: createDeadlines(quickMilliseconds),
    newBoundary: newId,
    invalidateElsewhere: (selectors) => link.invalidateElsewhere(selectors),
    onEffect: (reason, responses) => counters.count(`effect.${reason}`, responses),
    onStoreError: (error) =>
      ordinaryRefusals.has(error.code) ? counters.count(`unstored.${error.code}`) : onTrouble(error),
    onBroken: (place, error) =>
      tellOfOrigin({
        code: "incomplete-body",
        message: `the answer for ${place} broke off: ${wordsOf(error)}`,
      }),
    onSelfRedirect: (place, status) => link.notice("self-redirect", selfRedirectNotice(place, status)),
    onBackgroundError: onError,
  };
  const app = createApp(context, onServed, onError);
  const files = createOpenFiles();
  const protocol = settings.tlsCert === undefined ? "http" : "https";
  const hit = createHit({
    memory,
    files,
    protocol,
    underscoreFields: options.underscoreFields,
    showKey: options.showKey,
    index: options.index,
    now,
    onHit: counters.hit,
    onServed: accessLog?.onServed ?? null,
    clientAddress: accessLog === null ? () => null : (request) => clientAddress(listener.requestIP(request)),
  });

  const serverOptions = {
    port: settings.port,
    hostname: settings.host,
    reusePort: settings.workers > 1,
    ...(await transportOptions(settings)),
    ...requestHandlers({ hit, app, protocol, idleSeconds, onError }),
  };
  const listener = createPausingListener({
    open: () => listen(settings, serverOptions),
    canPause: !settings.http3,
  });

  const name = `worker-${start.workerNumber}-${newId().slice(0, 8)}`;
  const peerListener =
    context.peers === null
      ? null
      : keepSocket({
          path: workerSocketPath(settings.cacheDir, name),
          listen: () => listenToPeers(context, settings.cacheDir, name),
          every,
          onTrouble: (error) => onTrouble({ code: "PEERS", message: `other workers cannot ask: ${error}` }),
        });

  const descriptors = ownDescriptorsNow();
  const spares = createSpares(spareDescriptors);
  const look = descriptors && createCrowdWatch({ descriptors, spares, listener, onTrouble });
  const watch = look && setInterval(look, crowdMilliseconds);

  return {
    port: listener.port,
    name,
    counters: () => ({ ...counters.read(), memoryBytesNow: memory.bytes, memoryObjectsNow: memory.objects }),
    remove(selector) {
      flights.detach(selector);
      return store.remove(selector);
    },
    async drain(graceMilliseconds) {
      clearInterval(watch);
      await Promise.race([listener.stop(false), Bun.sleep(graceMilliseconds)]);
      await listener.stop(true);
      await peerListener?.stop();
      accessLog?.flush();
      files.close();
      await store.close();
    },
  };
}

function listen(settings: Settings, options: Bun.Serve.Options<undefined>): Bun.Server<undefined> {
  try {
    return Bun.serve(options);
  } catch (error) {
    const refusal = listenRefusal(codeOf(error), writtenAddress(settings));
    throw refusal === undefined ? error : new UsageError(refusal);
  }
}

/** What the preflight has found to be there and to fit. It is read once: who listens again does so with the same. */
async function transportOptions({ tlsCert, tlsKey, http3 }: Settings) {
  if (tlsCert === undefined || tlsKey === undefined) return {};
  const [cert, key] = await Promise.all([Bun.file(tlsCert).text(), Bun.file(tlsKey).text()]);
  return { tls: { cert, key }, http2: true, http3 };
}

function serveOptions(settings: Settings, loopId: string): ServeOptions {
  const { origin, pathPrefix } = addressOf(settings);
  return {
    origin,
    pathPrefix,
    originHost: settings.preserveHost ? null : new URL(origin).host,
    index: settings.index ?? null,
    loopId,
    isSurrogate: settings.targeted?.includes("surrogate-control") ?? false,
    underscoreFields: settings.underscoreFields,
    storing: {
      defaultLifetime: settings.defaultTtl === undefined ? null : wholeSeconds(settings.defaultTtl),
      storeUnframed: settings.storeUnframed,
      targetedFields: settings.targeted ?? [],
      staleWhileRevalidateWindow: wholeSeconds(settings.staleWhileRevalidate ?? 0),
      staleIfErrorWindow: wholeSeconds(settings.staleIfError ?? 0),
      strictSharedMaxAge: settings.strictSMaxage,
      shareSetCookie: settings.shareSetCookie,
      errorCap: errorCapOf(settings),
      ignoredCookies: cookieMatcher(settings.ignoreCookies ?? []),
    },
    reuse: { clientCacheControl: settings.clientCacheControl },
    showKey: settings.cacheStatusKey,
    maxObjectSize: settings.maxObject,
    rangeFill: settings.rangeFill ?? 0,
    collectSize,
    quickCollectSize,
    onAbort: settings.onAbort,
    onAbortOfStream: "drop",
  };
}

function errorCapOf({ errorCap }: Settings): ErrorCap {
  if (errorCap === undefined) return "usual";
  return errorCap === "off" ? "none" : wholeSeconds(errorCap);
}

function wholeSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

function troubleOf(error: unknown): Trouble {
  if (lacksDescriptor(error)) return { code: "EMFILE", message: "there is no descriptor left for a file" };
  const message = error instanceof Error ? `${error.message}\n${error.stack ?? ""}` : String(error);
  return { code: "INTERNAL", message };
}
