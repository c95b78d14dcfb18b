import type { DebugKey } from "../../src/control/debug-token.ts";
import { createRemovals } from "../../src/store/removals.ts";
import { createSteadyClock } from "../../src/control/steady-clock.ts";
import type { Deadlines } from "../../src/origin/deadlines.ts";
import { wordsOf } from "../../src/origin/failure.ts";
import type { Clocks, Forward, Timeouts } from "../../src/origin/forward.ts";
import { createOrigins, type Origins } from "../../src/origin/origins.ts";
import { primaryKey } from "../../src/rules/cache-key.ts";
import type { ReasonName } from "../../src/rules/reason.ts";
import { cookieMatcher } from "../../src/rules/cookies.ts";
import { type StoringOptions, unruled } from "../../src/rules/exchange.ts";
import type { Peers, ServeContext, ServeOptions } from "../../src/serve/context.ts";
import type { CacheWord, Served } from "../../src/serve/answer/outcome.ts";
import type { Ready } from "../../src/serve/hit/ready.ts";
import { createTransit, type Transit } from "../../src/serve/answer/transit.ts";
import { createWebSockets, type WebSockets } from "../../src/serve/upgrade/web-sockets.ts";
import type { DiskStore } from "../../src/store/disk/disk-store.ts";
import { createMemoryStore, type MemoryStore } from "../../src/store/memory/memory-store.ts";
import { createOpenFiles } from "../../src/store/disk/open-files.ts";
import type { Selector, Tier, Trouble } from "../../src/store/tier.ts";
import { createTieredStore } from "../../src/store/tiers.ts";
import type { Scheme } from "../../src/rules/authority.ts";
import { purgingOf } from "../../src/serve/purge/permission.ts";
import type { PurgeOutcome, Wanted } from "../../src/serve/purge/wanted.ts";
import type { ServedSites } from "../../src/serve/site.ts";
import type { Plan, RuleSettings, SitePlan } from "../../src/sites/plan.ts";
import { compileSites } from "../../src/sites/table.ts";
import { createClientReader } from "../../src/origin/client-reader.ts";
import { requestHandlers } from "../../src/worker/listener.ts";
import { createDebugTokens } from "../../src/worker/debug-tokens.ts";
import { createServing, type Serving, type SitesInUse } from "../../src/worker/serving.ts";
import { createHandDeadlines } from "../fixtures/hand-deadlines.ts";
import { type Origin, type Script, startOrigin } from "../fixtures/origin.ts";
import { get, type RawResponse } from "../fixtures/raw-client.ts";
import { order } from "../store/samples.ts";

/** A proxy in this process, on a real socket, before a scripted origin, with a clock the test moves. */
export interface TestProxy {
  readonly port: number;
  readonly origin: Origin;
  readonly served: readonly Served[];
  /** Resolves when so many answers have ended since the start. */
  untilServed(count: number): Promise<void>;
  readonly invalidatedElsewhere: readonly Selector[];
  /** What requests did to stored responses beside their answers, and to how many. */
  readonly effects: readonly (readonly [ReasonName, number])[];
  /** What requests have had purged. */
  readonly purges: readonly PurgeSeen[];
  /** Addresses of proxies through which somebody wanted to purge. */
  readonly unnamedProxies: readonly string[];
  readonly errors: readonly unknown[];
  readonly webSockets: WebSockets;
  /** Of answers that were broken off: for what, and why. */
  readonly broken: readonly string[];
  /** "302 shop.test/page" for each redirect of a visitor to where it came from. */
  readonly selfRedirects: readonly string[];
  /** Of the first site. */
  readonly context: ServeContext;
  readonly sites: () => ServedSites;
  /** What would become of a request now. */
  readonly explain: Serving["explain"];
  /** From the next request on. */
  usePlan(plan: Plan): void;
  now(): number;
  /** What the wall clock says. */
  date(): number;
  advance(seconds: number): void;
  /** Forward, or back where it is negative. */
  setWallClock(seconds: number): void;
  get(target: string, fields?: Record<string, string>): Promise<RawResponse>;
  stop(): Promise<void>;
}

export interface PurgeSeen {
  readonly wanted: readonly Wanted[];
  readonly client: string | null;
  readonly asker: string;
}

/** One of a test need not say beforehand whom it asks. */
type SomeForward = Forward & Partial<Pick<Origins, "refusal">>;

export interface ProxyOverrides {
  /** What becomes of all that is to be purged, which nobody does here. */
  readonly purged?: PurgeOutcome;
  readonly options?: Partial<ServeOptions>;
  readonly storing?: Partial<StoringOptions>;
  /** One site without rules, for every host, if nothing is said. */
  readonly plan?: Plan;
  /** Networks whose proxies may name the client. */
  readonly trust?: readonly string[];
  /** By which clients are taken to come. */
  readonly protocol?: Scheme;
  /** Stored responses under one key. */
  readonly maxVariants?: number;
  /** Milliseconds: 30 s for each that is not given. */
  readonly timeouts?: Partial<Timeouts>;
  readonly store?: Tier;
  /** Beneath the memory. */
  readonly disk?: DiskStore;
  readonly peers?: Peers;
  /** How long requests wait for another one's head; without end by default. */
  readonly patience?: Deadlines;
  /** For bodies that come quickly: it does not pass, unless this is another. */
  readonly collecting?: Deadlines;
  readonly transit?: Transit;
  /** How long an origin may take that is asked for an explanation; as long as it likes by default. */
  readonly explainPatience?: Deadlines;
  /** How long nothing may pass over a WebSocket; as long as it likes by default. */
  readonly webSocketIdle?: Deadlines;
  /** How long a side of one may take to close; without end by default. */
  readonly webSocketClosing?: Deadlines;
  /** Proves the tokens with which requests get explanations. */
  readonly debugKey?: DebugKey;
  /** False sends everything the long way. */
  readonly shortCut?: boolean;
  /** Instead of the way to the scripted origin. */
  readonly forward?: SomeForward;
  /** Instead of the scripted origin's address. */
  readonly originUrl?: string;
  /** After which Bun's server ends a connection over which nothing passes; none by default. */
  readonly idleSeconds?: number;
  /** The operator's, for the origin. */
  readonly authorization?: string;
}

/** Milliseconds since the epoch at which every test begins. */
export const beginning = Date.UTC(2026, 0, 1, 12, 0, 0);

const nothingPurged: PurgeOutcome = {
  kind: "purged",
  answer: {
    ...{ purged: 0, complete: 0, partial: 0, inFlight: 0, soft: false },
    lookedFor: "it",
    milliseconds: 0,
  },
};

export async function startProxy(script: Script, overrides: ProxyOverrides = {}): Promise<TestProxy> {
  const origin = await startOrigin(script);
  let elapsed = 0;
  let setting = beginning;
  const date = () => setting + elapsed;
  const monotonic = () => elapsed;
  const { now, follow } = createSteadyClock(date, monotonic);
  const clocks = { now, date, monotonic, next: order.next };
  let ids = 0;
  const newId = () => `id${++ids}`;
  const memory = createMemoryStore<Ready>({
    now,
    removals: createRemovals(1),
    maxBytes: 64 * 1024 * 1024,
    maxVariantsPerKey: overrides.maxVariants ?? 32,
    order,
    newId,
  });
  const files = createOpenFiles();
  const served: Served[] = [];
  const errors: unknown[] = [];
  const broken: string[] = [];
  const selfRedirects: string[] = [];
  const invalidatedElsewhere: Selector[] = [];
  const effects: [ReasonName, number][] = [];
  const purges: PurgeSeen[] = [];
  const unnamedProxies: string[] = [];
  const originUrl = overrides.originUrl ?? origin.url;
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const onServed = (one: Served) => {
    served.push(one);
    for (const { count, resolve } of waiting) if (served.length >= count) resolve();
  };
  const onError = (error: unknown) => void errors.push(error);
  const { plan = planOf({}), idleSeconds = 0 } = overrides;
  const store = storeOf(memory, overrides, onError);
  const forward: SomeForward = overrides.forward ?? forwardOf(originUrl, overrides, clocks);
  const { refusal = () => null } = forward;
  const sitesOf = (plan: Plan): SitesInUse => ({
    table: compileSites(plan, { ignoredCookies: cookieMatcher(["default"]) }),
    partsOf: (site) => ({ options: optionsOf(originUrl, overrides, site.plan), forward, refusal }),
  });
  const webSockets = createWebSockets({
    idle: () => overrides.webSocketIdle ?? null,
    closing: overrides.webSocketClosing ?? createHandDeadlines(),
    onJoined: () => undefined,
    onPassed: () => undefined,
  });
  const { protocol = "http", trust = [] } = overrides;
  const clients = createClientReader({ trust, protocol, isUnix: false });
  const takesExplanation = createDebugTokens(overrides.debugKey ?? null, clocks.date);
  const serving = createServing({
    sites: sitesOf(plan),
    memory,
    store,
    files,
    flights: { patience: overrides.patience ?? createHandDeadlines(), seed: 1 },
    peers: overrides.peers ?? null,
    clocks,
    transit: overrides.transit ?? createTransit(64 * 1024 * 1024),
    collecting: overrides.collecting ?? createHandDeadlines(),
    webSockets,
    newBoundary: () => "boundary-of-this-test",
    takesExplanation,
    explaining: {
      entries: [{ protocol, clients }],
      localHost: "cache.test",
      patience: overrides.explainPatience ?? createHandDeadlines(),
    },
    idleSeconds,
    hooks: {
      onServed,
      onHit: () => undefined,
      onHitServed: onServed,
      invalidateElsewhere: async (selectors) => {
        invalidatedElsewhere.push(...selectors);
      },
      async purge(wanted, client, asker) {
        purges.push({ wanted, client, asker });
        return overrides.purged ?? nothingPurged;
      },
      onUnnamedProxy: (address) => unnamedProxies.push(address),
      onRefresh: () => undefined,
      onHitTook: () => undefined,
      onEffect: (reason, responses) => effects.push([reason, responses]),
      onStoreError: onError,
      onBroken: (place, error) => broken.push(`${place}: ${wordsOf(error)}`),
      onSelfRedirect: (place, status) => selfRedirects.push(`${status} ${place}`),
      onError,
    },
  });
  const entry = serving.at({ protocol, clients, peerOf: () => "127.0.0.1" });
  const longWay = {
    hit: () => undefined,
    app: entry.app,
    clients,
    takesExplanation,
    idleSeconds,
    onError,
  } as const;
  const handlers = overrides.shortCut === false ? requestHandlers(longWay) : entry.handlers;
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", ...handlers });
  const port = server.port ?? 0;
  return {
    port,
    origin,
    served,
    untilServed(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ count, resolve });
      if (served.length >= count) resolve();
      return promise;
    },
    errors,
    webSockets,
    broken,
    selfRedirects,
    invalidatedElsewhere,
    effects,
    purges,
    unnamedProxies,
    get context() {
      return contextAt(serving.sites(), plan.sites[0]?.hosts[0] ?? "");
    },
    sites: serving.sites,
    explain: serving.explain,
    usePlan: (plan) => serving.useSites(sitesOf(plan)),
    now,
    date,
    advance: (seconds) => {
      elapsed += seconds * 1000;
    },
    setWallClock: (seconds) => {
      setting += seconds * 1000;
      follow();
    },
    get: (target, fields) => get(port, target, fields),
    async stop() {
      await server.stop(true);
      files.close();
      await store.close();
      await origin.stop();
    },
  };
}

function contextAt(sites: ServedSites, host: string): ServeContext {
  const served = sites.siteFor(host);
  if (served === null) throw new Error(`no site answers for ${host}`);
  return served.context;
}

/** A plan of one site, for every host unless it says otherwise. */
export function planOf(site: Partial<SitePlan>, top: RuleSettings = {}): Plan {
  const rest = {
    balance: "round-robin",
    preserveHost: false,
    settings: {},
    rules: [],
    presetRules: [],
  } as const;
  return { sites: [{ name: "", hosts: [], origins: ["http://origin.test"], ...rest, ...site }], top };
}

/** What the operator would have said. */
function optionsOf(origin: string, { options, storing }: ProxyOverrides, site: SitePlan): ServeOptions {
  return {
    origins: [origin],
    pathPrefix: "",
    originHost: site.preserveHost ? null : new URL(origin).host,
    index: site.index ?? null,
    loopId: "loop-of-this-test",
    isSurrogate: storing?.targetedFields?.includes("surrogate-control") ?? false,
    underscoreFields: "drop",
    storing: {
      storeUnframed: false,
      targetedFields: ["cdn-cache-control"],
      strictSharedMaxAge: false,
      shareSetCookie: false,
      errorCap: "usual",
      ...unruled,
      ignoredCookies: cookieMatcher(["default"]),
      ...storing,
    },
    reuse: { clientCacheControl: "honour", maxOutage: 0, isOffline: false },
    showKey: false,
    keepTags: false,
    purging: purgingOf({ purgeFrom: [] }),
    maxObjectSize: 1024 * 1024 * 1024,
    rangeFill: 0,
    collectSize: 256 * 1024,
    quickCollectSize: 8 * 1024 * 1024,
    onAbort: "finish",
    onAbortOfStream: "drop",
    ...options,
  };
}

function storeOf(
  memory: MemoryStore<Ready>,
  { store, disk }: ProxyOverrides,
  onTrouble: (trouble: Trouble) => void,
): Tier {
  return store ?? (disk === undefined ? memory : createTieredStore(memory, disk, onTrouble));
}

function forwardOf(origin: string, overrides: ProxyOverrides, clocks: Clocks): Origins {
  const way = {
    origin: origin + (overrides.options?.pathPrefix ?? ""),
    authorization: overrides.authorization ?? null,
    newMask: () => crypto.getRandomValues(new Uint8Array(4)),
    firstByteTimeout: 30_000,
    idleTimeout: 30_000,
    clientTimeout: 30_000,
    ...overrides.timeouts,
    ...clocks,
  };
  const { now, monotonic } = clocks;
  const every = () => () => undefined;
  return createOrigins({
    origins: [way],
    balance: "round-robin",
    health: null,
    firstTurn: 0,
    every,
    now,
    monotonic,
  });
}

/** By default of what clients get who name the host as `requestText` does. */
export function keyOf(target: string, host = "cache.test"): string {
  return primaryKey({ host, target });
}

/** What X-Cache says. */
export function cacheWord(response: RawResponse): CacheWord | null {
  return response.field("x-cache") as CacheWord | null;
}

/** The reason that Cache-Status gives as its detail. */
export function reasonOf(response: RawResponse): ReasonName | undefined {
  const own = response.field("cache-status")?.split(/,\s*/).at(-1);
  return /detail="?([a-z-]+)/.exec(own ?? "")?.[1] as ReasonName | undefined;
}

/** A script that gives every request the same answer. */
export function always(
  status: number,
  fields: Record<string, string>,
  body: string | Uint8Array = "body",
): Script {
  return (exchange) => void exchange.respond(status, fields, body);
}
