import type { FieldReader } from "./fields.ts";
import type { IdentityOptions } from "./identity.ts";

/** What of storing is the operator's. Durations are seconds. */
export interface StoringOptions extends IdentityOptions {
  /** For responses that state no lifetime and give no ground for a heuristic; null when the operator gives none. */
  readonly defaultLifetime: number | null;
  /** Store bodies that end with the connection, which may have been cut short. */
  readonly storeUnframed: boolean;
  /** Lower-case; the first that is there and well-formed counts: ["cdn-cache-control"]. */
  readonly targetedFields: readonly string[];
  /** For responses that say nothing about it, and nothing against it. */
  readonly staleWhileRevalidateWindow: number;
  readonly staleIfErrorWindow: number;
  /** s-maxage forbids stale use, as proxy-revalidate does, also where the response permits it in so many words. */
  readonly strictSharedMaxAge: boolean;
  /** A stored Set-Cookie goes to everybody, like any other field. */
  readonly shareSetCookie: boolean;
  /** See rules/error-cap. */
  readonly errorCap: ErrorCap;
  /** How long errors are fresh that state no lifetime, whatever their status; null: as others that state none. */
  readonly errorLifetime: number | null;
  /**
   * How long a response is fresh by the word of a rule, whatever it states but no-store, private and Set-Cookie; null where
   * no rule says it.
   */
  readonly lifetime: number | null;
  /** `lifetime` goes over those as well, and the response is for everyone, as though it said "public". */
  readonly isForced: boolean;
  /** Nothing is fresh for longer; null: there is no bound. */
  readonly maxLifetime: number | null;
  /** Whether a lifetime may be guessed from Last-Modified. */
  readonly heuristic: boolean;
  readonly store: boolean;
  /** Names of the rules that have decided any of this: kept with the response. */
  readonly rules: readonly string[];
}

/** What the plan says, of rules, sites and for all, where nothing is said of it. */
export const unruled = {
  defaultLifetime: null,
  staleWhileRevalidateWindow: 0,
  staleIfErrorWindow: 0,
  errorLifetime: null,
  lifetime: null,
  isForced: false,
  maxLifetime: null,
  heuristic: true,
  store: true,
  rules: [],
} as const satisfies Partial<StoringOptions>;

/** For how many seconds an error is fresh at the most, whatever it states: those that are usual, one number, or any. */
export type ErrorCap = "usual" | number | "none";

/** How the end of the body is known (RFC 9112 §6.3). */
export type Framing = "length" | "chunked" | "close";

/** A request and its response, before the body. Instants are milliseconds since the epoch. */
export interface Exchange {
  readonly method: string;
  /** Scheme and authority of the target URI: "https://example.org". */
  readonly origin: string;
  /** The origin servers' own names for themselves, where they are not sent the client's Host. */
  readonly upstreamOrigins?: readonly string[];
  /** Path and query. */
  readonly target: string;
  readonly request: FieldReader;
  readonly status: number;
  readonly response: FieldReader;
  readonly framing: Framing;
  /** By the steady clock, with which ages are reckoned, in milliseconds. */
  readonly requestAt: number;
  readonly responseAt: number;
  /** `responseAt` by the wall clock, with which what the origin says of time is compared. */
  readonly receivedAt: number;
}
