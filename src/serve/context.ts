import type { Deadlines } from "../origin/deadlines.ts";
import type { OriginFailure } from "../origin/failure.ts";
import type { Clocks, Forward } from "../origin/forward.ts";
import type { SendingOptions } from "../origin/request.ts";
import type { ReasonName } from "../rules/reason.ts";
import type { ReuseOptions } from "../rules/reuse.ts";
import type { StoringOptions } from "../rules/exchange.ts";
import type { Site } from "../sites/site.ts";
import type { Selector, Tier, StoreError } from "../store/tier.ts";
import type { Flights } from "./flight/flights.ts";
import type { FlightName } from "./flight/open-flight.ts";
import type { PeerAnswer } from "./flight/peer-answer.ts";
import type { KeyedRequest } from "./request/inbound.ts";
import type { Transit } from "./answer/transit.ts";
import type { Purging } from "./purge/permission.ts";
import type { PurgeOutcome, Wanted } from "./purge/wanted.ts";
import type { WebSockets } from "./upgrade/web-sockets.ts";

/** What the operator decides about serving. Sizes are bytes. */
export interface ServeOptions extends SendingOptions {
  /** Scheme and authority of each origin, no slash at the end. */
  readonly origins: readonly string[];
  /** What its paths begin with, and clients' do not: "/app", or "". */
  readonly pathPrefix: string;
  /** What "/" asks for instead, without slash: "index.html". */
  readonly index: string | null;
  readonly storing: StoringOptions;
  readonly reuse: ReuseOptions;
  /** Tells clients the cache key, in Cache-Status. */
  readonly showKey: boolean;
  /** Leaves the fields that name what is purged together in what clients get: see rules/tags. */
  readonly keepTags: boolean;
  /** Whose requests to purge are obeyed. */
  readonly purging: Purging;
  /** A larger body streams through and is not stored. */
  readonly maxObjectSize: number;
  /** Of what is no larger, the whole is fetched when a range is asked for; 0 for nothing. */
  readonly rangeFill: number;
  /** A body announced to be no larger is collected before it is sent, so that it goes out with its Content-Length. */
  readonly collectSize: number;
  /** The same for one that comes quickly. */
  readonly quickCollectSize: number;
  /** What becomes of a fill that no client reads any more: it is stored nevertheless, or cancelled at the origin. */
  readonly onAbort: "finish" | "drop";
  /** The same for one without stated length and lifetime, which may be a stream without end. */
  readonly onAbortOfStream: "finish" | "drop";
}

/** Which worker asks the origin for what a flight is called by. */
export type Claim =
  | {
      readonly kind: "led";
      /** Milliseconds for which the origin should not be asked but for a client: it has just failed. */
      readonly restMilliseconds: number;
      /** Gives the claim back, once; the others learn for how long the origin should rest. */
      readonly release: (restMilliseconds: number) => void;
    }
  /** Another worker does: its name. */
  | { readonly kind: "elsewhere"; readonly worker: string }
  /** Nobody answers who could tell: each worker asks for itself. */
  | { readonly kind: "alone" };

/** Other workers, with which requests to the origin are shared. No call waits for them for long. */
export interface Peers {
  /** Never rejects. */
  claim(name: string): Promise<Claim>;
  /** Asks the worker that leads under the name for what it fetches: see flight/peer. */
  ask(worker: string, name: FlightName, request: KeyedRequest): Promise<PeerAnswer>;
}

/** All that serving needs besides the request itself. */
export interface ServeContext extends Clocks {
  /** The one that answers. */
  readonly site: Site;
  readonly options: ServeOptions;
  readonly store: Tier;
  readonly forward: Forward;
  /** What `forward` would say at once, where it would ask nobody: see `Origins`. */
  readonly refusal: () => OriginFailure | null;
  readonly flights: Flights;
  /** The other workers; null when there are none. */
  readonly peers: Peers | null;
  /** The memory of bodies on their way. */
  readonly transit: Transit;
  readonly webSockets: WebSockets;
  /** How long it may take to collect a body that has begun, if it is not small. */
  readonly collecting: Deadlines;
  /** Separates the parts of a multipart answer: random, so that no body can hold it. */
  readonly newBoundary: () => string;
  /** Tells the other workers what an unsafe request made invalid here; resolves when they have dropped it. */
  readonly invalidateElsewhere: (selectors: readonly Selector[]) => Promise<void>;
  /**
   * Has it purged everywhere: here, on the disk and by every other worker. `client` is the address of who wants it, `asker` what it
   * calls itself, for the history of purges. Never rejects.
   */
  readonly purge: (wanted: readonly Wanted[], client: string | null, asker: string) => Promise<PurgeOutcome>;
  /** Told that a request to purge came from an address that is allowed, through a proxy there that nobody has named. */
  readonly onUnnamedProxy: (address: string) => void;
  /** Told of stored responses that a request removed or freshened beside its own answer, and of how many. */
  readonly onEffect: (reason: ReasonName, responses: number) => void;
  /** Told of each fetch in the background, for which no client waits. */
  readonly onRefresh: (site: Site) => void;
  readonly onStoreError: (error: StoreError) => void;
  /** Told why the answer for a host and path ends early, where that is nobody's wish. */
  readonly onBroken: (place: string, error: unknown) => void;
  /** Told that a visitor of a host and path is redirected to the same, without end, with that status. */
  readonly onSelfRedirect: (place: string, status: number) => void;
  /** A failure in work no client waits for (a refresh in the background). */
  readonly onBackgroundError: (error: unknown) => void;
}
