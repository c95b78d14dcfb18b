import type { Deadlines } from "../origin/deadlines.ts";
import type { Clocks, Forward } from "../origin/forward.ts";
import type { Scheme } from "../rules/authority.ts";
import { type App, createApp } from "../serve/app.ts";
import type { OnServed } from "../serve/answer/outcome.ts";
import type { Transit } from "../serve/answer/transit.ts";
import type { Peers, ServeContext, ServeOptions } from "../serve/context.ts";
import { Flights, type FlightsOptions } from "../serve/flight/flights.ts";
import { createHit } from "../serve/hit/hit.ts";
import type { Ready } from "../serve/hit/ready.ts";
import type { OpenFiles } from "../store/disk/open-files.ts";
import type { MemoryStore } from "../store/memory/memory-store.ts";
import type { Tier } from "../store/tier.ts";
import { requestHandlers } from "./listener.ts";

/** Who is told of what happens while requests are answered. */
export interface ServingHooks
  extends Pick<
    ServeContext,
    "invalidateElsewhere" | "onEffect" | "onStoreError" | "onBroken" | "onSelfRedirect"
  > {
  /** Each request that went the long way. */
  readonly onServed: OnServed;
  /** Each request that the short cut has answered: bytes of the body. */
  readonly onHit: (bytes: number) => void;
  /** The same with all that a log wants to know of it; null when there is no log. */
  readonly onHitServed: OnServed | null;
  /** What should not have happened, and is no client's doing. */
  readonly onError: (error: unknown) => void;
}

/** Everything that serving is made of and does not make itself. */
export interface ServingParts {
  readonly options: ServeOptions;
  /** The nearest tier of `store`: the short cut knows no other. */
  readonly memory: MemoryStore<Ready>;
  readonly store: Tier;
  readonly files: OpenFiles;
  readonly forward: Forward;
  readonly flights: Pick<FlightsOptions, "patience" | "seed">;
  readonly peers: Peers | null;
  readonly clocks: Clocks;
  readonly transit: Transit;
  readonly collecting: Deadlines;
  readonly newBoundary: () => string;
  /** By which clients reach this server. */
  readonly protocol: Scheme;
  /** See `RequestHandling`. */
  readonly idleSeconds: number;
  /** For the log; called only when there is one. */
  readonly clientAddress: (request: Request) => string | null;
  readonly hooks: ServingHooks;
}

export interface Serving {
  readonly context: ServeContext;
  /** The long way. */
  readonly app: App;
  /** The short cut. */
  readonly hit: (request: Request) => Response | undefined;
  /** Both, as Bun's server wants them. */
  readonly handlers: ReturnType<typeof requestHandlers>;
  /** Answers every new request by these; what is stored and what is under way stays. */
  configure(options: ServeOptions, forward: Forward): void;
}

/** Puts the parts together: a worker's own, or those of a test. */
export function createServing(parts: ServingParts): Serving {
  const { protocol, idleSeconds, hooks } = parts;
  let { options, forward } = parts;
  const { onServed, onHit, onHitServed, onError, ...told } = hooks;
  const { now, date, monotonic, next } = parts.clocks;
  const context: ServeContext = {
    get options() {
      return options;
    },
    store: parts.store,
    get forward() {
      return forward;
    },
    flights: new Flights({ ...parts.flights, monotonic }),
    peers: parts.peers,
    ...{ now, date, monotonic, next },
    transit: parts.transit,
    collecting: parts.collecting,
    newBoundary: parts.newBoundary,
    ...told,
    onBackgroundError: onError,
  };
  const app = createApp(context, onServed, onError);
  const hitBy = ({ underscoreFields, showKey, index }: ServeOptions) =>
    createHit({
      memory: parts.memory,
      files: parts.files,
      ...{ protocol, underscoreFields, showKey, index, now, onHit },
      onServed: onHitServed,
      clientAddress: parts.clientAddress,
    });
  let currentHit = hitBy(options);
  const hit = (request: Request) => currentHit(request);
  return {
    ...{ context, app, hit },
    handlers: requestHandlers({ hit, app, protocol, idleSeconds, onError }),
    configure(nextOptions, nextForward) {
      options = nextOptions;
      forward = nextForward;
      currentHit = hitBy(options);
    },
  };
}
