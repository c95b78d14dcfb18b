/**
 * What reuse needs to know of a stored response, computed once when it is stored or freshened, kept with it
 * in the index as plain JSON. Durations are whole seconds, instants milliseconds since the epoch.
 */
export interface Policy {
  /** RFC 9111 §4.2.1, or the operator's default. */
  readonly freshnessLifetime: number;
  readonly lifetimeSource: LifetimeSource;
  /** RFC 9111 §4.2.3: the age the response had at `responseAt`. */
  readonly correctedInitialAge: number;
  /** By the steady clock, with which its age is reckoned: see `currentAge`. */
  readonly responseAt: number;
  /** no-cache without fields: never reused unless validated (§5.2.2.4). */
  readonly revalidateAlways: boolean;
  /** must-revalidate, proxy-revalidate or s-maxage (§5.2.2.2, .8, .10): never reused stale but within the windows below. */
  readonly revalidateWhenStale: boolean;
  /** RFC 8246. */
  readonly immutable: boolean;
  /** RFC 5861; the operator's default where the response says nothing, 0 where it forbids stale use. */
  readonly staleWhileRevalidateWindow: number;
  readonly staleIfErrorWindow: number;
  /** The ETag as sent, with its W/ and quotes; null when there is none or it is not one. */
  readonly entityTag: string | null;
  readonly lastModifiedAt: number | null;
  /** The Date field, or what the wall clock said where there is none. */
  readonly dateAt: number;
  /** Names of fields that go to nobody but the client that caused them: Set-Cookie, those of no-cache="…", private="…". */
  readonly withheldFields: readonly string[];
  readonly sharedWith: Audience;
  /** Lower-case names of Vary, sorted, without repetition. A "*" is kept as ["*"] and never matches. */
  readonly vary: readonly string[];
  /** Content-Language and Content-Encoding, to choose among variants by the request's preference (§4.1). */
  readonly contentLanguage: string | null;
  readonly contentEncoding: string | null;
  /** RFC 9875 Cache-Groups. */
  readonly groups: readonly string[];
  /** Names by which it is purged together with others, as sent: those of the fields of rules/tags, and its groups. */
  readonly tags: readonly string[];
  /** Names of the operator's rules that decided something when it was stored or freshened; absent where none did. */
  readonly rules?: readonly string[];
}

/** Which requests a stored response may answer: all, those without a field of identity, or only anonymous ones. See rules/identity. */
export type Audience = "everyone" | "unidentified" | "anonymous";

/** What conditions are compared with. */
export type Validators = Pick<Policy, "entityTag" | "lastModifiedAt" | "dateAt">;

export type LifetimeSource =
  | "targeted"
  | "s-maxage"
  | "max-age"
  | "expires"
  | "heuristic"
  | "operator"
  | "rule"
  /** A soft purge has ended it: see rules/staled. */
  | "purged"
  | "none";
