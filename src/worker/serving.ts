import type { Deadlines } from "../origin/deadlines.ts";
import type { ClientReader } from "../origin/client-reader.ts";
import type { Clocks } from "../origin/forward.ts";
import type { Scheme } from "../rules/authority.ts";
import { type App, createApp } from "../serve/app.ts";
import type { OnServed } from "../serve/answer/outcome.ts";
import type { Transit } from "../serve/answer/transit.ts";
import type { Peers, ServeContext } from "../serve/context.ts";
import { createExplain, type ExplainOptions } from "../serve/explain/explain.ts";
import { Flights, type FlightsOptions } from "../serve/flight/flights.ts";
import { createHit, type OnHit } from "../serve/hit/hit.ts";
import type { Ready } from "../serve/hit/ready.ts";
import type { ServedSite, ServedSites } from "../serve/site.ts";
import type { WebSockets } from "../serve/upgrade/web-sockets.ts";
import type { Site, SiteTable } from "../sites/site.ts";
import type { OpenFiles } from "../store/disk/open-files.ts";
import type { MemoryStore } from "../store/memory/memory-store.ts";
import type { Tier } from "../store/tier.ts";
import { requestHandlers } from "./listener.ts";
import { timeHits } from "./measures/hit-timing.ts";

/** Who is told of what happens while requests are answered. */
export interface ServingHooks
  extends Pick<
    ServeContext,
    | "invalidateElsewhere"
    | "purge"
    | "onUnnamedProxy"
    | "onEffect"
    | "onRefresh"
    | "onStoreError"
    | "onBroken"
    | "onSelfRedirect"
  > {
  /** Each request that went the long way. */
  readonly onServed: OnServed;
  /** Each request that the short cut has answered. */
  readonly onHit: OnHit;
  /** How many seconds the hit took of which was told last; of one among several. */
  readonly onHitTook: (seconds: number) => void;
  /** The same with all that a log wants to know of it; null when there is no log. */
  readonly onHitServed: OnServed | null;
  /** What should not have happened, and is no client's doing. */
  readonly onError: (error: unknown) => void;
}

/** What a site has of its own. */
export type SiteParts = Pick<ServeContext, "options" | "forward" | "refusal">;

/** The sites that are served from now on, and what each is made of. */
export interface SitesInUse {
  readonly table: SiteTable;
  readonly partsOf: (site: Site) => SiteParts;
}

/** Everything that serving is made of and does not make itself. */
export interface ServingParts {
  readonly sites: SitesInUse;
  /** The nearest tier of `store`: the short cut knows no other. */
  readonly memory: MemoryStore<Ready>;
  readonly store: Tier;
  readonly files: OpenFiles;
  readonly flights: Pick<FlightsOptions, "patience" | "seed">;
  readonly peers: Peers | null;
  readonly clocks: Clocks;
  readonly transit: Transit;
  readonly collecting: Deadlines;
  readonly webSockets: WebSockets;
  readonly newBoundary: () => string;
  /** See `RequestHandling`. */
  readonly idleSeconds: number;
  readonly hooks: ServingHooks;
  readonly explaining: Pick<ExplainOptions, "entries" | "localHost" | "patience">;
  /** See `RequestHandling`. */
  readonly takesExplanation: (fields: Headers) => boolean;
}

/** Where clients come in. */
export interface Entry {
  /** By which they reach it. */
  readonly protocol: Scheme;
  readonly clients: ClientReader;
  /** The address of who is connected; null where there is none. */
  readonly peerOf: (request: Request) => string | null;
}

export interface Serving {
  readonly flights: Flights;
  /** What would become of a request now. Rejects where it cannot be told. */
  readonly explain: ReturnType<typeof createExplain>;
  /** Those that are served now. */
  readonly sites: () => ServedSites;
  /** From the next request on. */
  useSites(sites: SitesInUse): void;
  /** What a listener there needs. */
  at(entry: Entry): ServingAt;
}

export interface ServingAt {
  /** The long way. */
  readonly app: App;
  /** The short cut. */
  readonly hit: (request: Request) => Response | undefined;
  /** Both, as Bun's server wants them. */
  readonly handlers: ReturnType<typeof requestHandlers>;
}

/** Puts the parts together: a worker's own, or those of a test. */
export function createServing(parts: ServingParts): Serving {
  const { idleSeconds, takesExplanation, hooks } = parts;
  const { onServed, onHit, onHitTook, onHitServed, onError, ...told } = hooks;
  const { now, date, monotonic, next } = parts.clocks;
  const flights = new Flights({ ...parts.flights, monotonic });
  const shared = {
    ...{ flights, now, date, monotonic, next },
    store: parts.store,
    peers: parts.peers,
    transit: parts.transit,
    collecting: parts.collecting,
    webSockets: parts.webSockets,
    newBoundary: parts.newBoundary,
    ...told,
    onBackgroundError: onError,
  };
  let served = servedSites(parts.sites, shared);
  const sites = () => served;
  const app = createApp({ sites, now, date, monotonic, onServed, onError });
  return {
    flights,
    explain: createExplain({ ...parts.explaining, sites, now }),
    sites,
    useSites(others) {
      served = servedSites(others, shared);
    },
    at({ protocol, clients, peerOf }) {
      const hit = createHit({
        ...{ sites, protocol, clients, now, onHit, peerOf },
        memory: parts.memory,
        files: parts.files,
        onServed: onHitServed,
      });
      const timed = timeHits(hit, monotonic, onHitTook);
      return {
        app,
        hit,
        handlers: requestHandlers({ hit: timed, app, clients, takesExplanation, idleSeconds, onError }),
      };
    },
  };
}

function servedSites(
  { table, partsOf }: SitesInUse,
  shared: Omit<ServeContext, "site" | keyof SiteParts>,
): ServedSites {
  const served = new Map<Site, ServedSite>(
    table.sites.map((site) => [site, { site, context: { ...shared, site, ...partsOf(site) } }]),
  );
  return {
    firstHost: table.sites[0]?.plan.hosts.find((host) => !host.startsWith("*")) ?? null,
    siteFor(host) {
      const site = table.siteFor(host);
      return site === null ? null : (served.get(site) ?? null);
    },
  };
}
