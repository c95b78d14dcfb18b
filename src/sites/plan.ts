/**
 * What the operator says of sites and rules, read, checked and resolved (config/), as plain JSON: the supervisor sends it to
 * the workers, and sites/table compiles it. Times are milliseconds, names of fields and hosts are lower-case.
 */
export interface Plan {
  /** At least one. The first whose `hosts` name the host of a request most exactly answers it: see sites/table. */
  readonly sites: readonly SitePlan[];
  /** What the top of the file, the flags and the variables say for all sites. */
  readonly top: RuleSettings;
}

export interface SitePlan {
  /** The word in logs, keys and purge: letters, digits, "-", "_" and "."; "" for the one site that is made of the flags. */
  readonly name: string;
  /** "shop.example", "*.shop.example"; an empty list is every host. */
  readonly hosts: readonly string[];
  /** As config/origin-address takes them; at least one. */
  readonly origins: readonly string[];
  /** A PEM file; only with https origins. */
  readonly originCa?: string | undefined;
  readonly balance: "round-robin" | "least-busy" | "path";
  /** The path that is asked of each origin to see whether it is well. */
  readonly health?: string | undefined;
  /** For so long a stored response may stand in while all origins are down, though nothing else permits it. */
  readonly maxOutage?: number | undefined;
  readonly preserveHost: boolean;
  /** What "/" asks for instead, without slash. */
  readonly index?: string | undefined;
  /** What the site itself says. */
  readonly settings: RuleSettings;
  readonly rules: readonly RulePlan[];
  /** Rules of its presets, in order; they come after what the site itself says. */
  readonly presetRules: readonly RulePlan[];
}

export interface RulePlan {
  /** As Cache-Status tells it: its own name, or one made of its place, such as "shop-2" or "wordpress-3". */
  readonly name: string;
  /** All that are named must hold; of a list one. */
  readonly if?: Conditions | undefined;
  /** The rule does not hold where all of these do. */
  readonly unless?: Conditions | undefined;
  readonly settings: RuleSettings;
}

export interface Conditions {
  /** Globs over the path, without query: "*" stands for anything within a segment, "**" also across. */
  readonly path?: readonly string[] | undefined;
  /** Names, as globs: the query has one of them. */
  readonly query?: readonly string[] | undefined;
  /** Globs over the host, without port. */
  readonly host?: readonly string[] | undefined;
  readonly method?: readonly string[] | undefined;
  /** Globs over the value of a request field; all of these fields must match. */
  readonly header?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Names of cookies, as globs: one of them is there. */
  readonly cookie?: readonly string[] | undefined;
  /** Addresses of clients: "10.0.0.0/8", "2001:db8::/32", one address; named lists are resolved by then. */
  readonly client?: readonly string[] | undefined;
  /** "200", "4xx". These three bind what the rule says of responses, not what it says of requests. */
  readonly status?: readonly string[] | undefined;
  /** Globs over the media type, without parameters. */
  readonly type?: readonly string[] | undefined;
  /** Globs over the value of a response field. */
  readonly headerOut?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** For each setting the first that says something of it decides: a rule that holds, the site, its presets' rules, the top. */
export interface RuleSettings {
  // About the request.
  readonly pass?: boolean | undefined;
  readonly deny?: 403 | 404 | 410 | 451 | undefined;
  readonly redirect?: RedirectPlan | undefined;
  /** Neither looked at nor sent; passed on where there is one; or these alone are sent, and are part of the key. */
  readonly cookies?: "ignore" | "pass" | readonly string[] | undefined;
  readonly query?: QueryPlan | undefined;
  /** Names of request fields whose values are part of the key. */
  readonly keyHeaders?: readonly string[] | undefined;
  /** The path is asked for, and keyed, in lower case. */
  readonly ignoreCase?: boolean | undefined;
  readonly setRequest?: Readonly<Record<string, string>> | undefined;
  readonly removeRequest?: readonly string[] | undefined;
  readonly clientCacheControl?: "honour" | "ignore" | undefined;
  /** Accept-Encoding becomes the codings that origins have: see rules/coding. On where nothing is said. */
  readonly foldEncodings?: boolean | undefined;
  // About the response.
  /** Over all that the response states but no-store, private and Set-Cookie. 0 is a lifetime, too. */
  readonly lifetime?: number | undefined;
  /** `lifetime` goes over those as well. */
  readonly force?: boolean | undefined;
  readonly defaultLifetime?: number | "off" | undefined;
  readonly maxLifetime?: number | undefined;
  /** Of a status of 400 or more: where it states none, and the most where it does. "off": as it says itself. */
  readonly errorLifetime?: number | "off" | undefined;
  /** Whether a lifetime may be guessed from Last-Modified. */
  readonly heuristic?: boolean | undefined;
  readonly staleWhileRevalidate?: number | "off" | undefined;
  readonly staleIfError?: number | "off" | undefined;
  readonly store?: boolean | undefined;
  readonly removeSetCookie?: boolean | undefined;
  readonly setResponse?: Readonly<Record<string, string>> | undefined;
  readonly removeResponse?: readonly string[] | undefined;
}

/** Settings by which a request gets another key, or may get one. */
export const keySettings = [
  "cookies",
  "query",
  "keyHeaders",
  "ignoreCase",
  "setRequest",
  "removeRequest",
] as const satisfies readonly (keyof RuleSettings)[];

export type RedirectPlan =
  | { readonly to: "https" }
  /** A URL, or a path; `status` is 301, 302, 303, 307 or 308. */
  | { readonly to: string; readonly status: number };

/** Names are globs, case counts; a named list ("tracking") is resolved by then. What is not kept is not sent either. */
export interface QueryPlan {
  readonly ignore?: readonly string[] | undefined;
  readonly keep?: readonly string[] | undefined;
  readonly sort?: boolean | undefined;
}
