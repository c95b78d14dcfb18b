import type { Scheme } from "../rules/authority.ts";
import type { StoringOptions } from "../rules/exchange.ts";
import type { FieldReader } from "../rules/fields.ts";
import type { SitePlan } from "./plan.ts";

/** The sites of a plan, compiled: see sites/table. */
export interface SiteTable {
  readonly sites: readonly Site[];
  /**
   * The site of a host as it is keyed, with or without port: one that names it, else the one with the longest "*.…" that
   * matches, else the one without hosts. Null where there is none.
   */
  siteFor(host: string): Site | null;
}

export interface Site {
  readonly name: string;
  readonly plan: SitePlan;
  /**
   * False where nothing is said of any request: each is served as it came, and its key has no marks, so that who looks for
   * what is stored need not ask. What is said of responses is still in the verdict of `forRequest`.
   */
  readonly hasRequestRules: boolean;
  /** Hands out the same object again wherever nothing but the path decides: do not change it. */
  forRequest(request: SiteRequest): RequestVerdict;
}

export interface SiteRequest {
  readonly method: string;
  /** Path and query as asked, with what "/" asks for instead. */
  readonly target: string;
  /** Path and query as the client wrote them, where it may be sent elsewhere: it is not to learn what "/" asks for. */
  readonly written?: string;
  /** As it is keyed; "" where the client named none. */
  readonly host: string;
  readonly protocol: Scheme;
  /** Called only where a rule asks. */
  readonly clientAddress: () => string | null;
  /** What the client has sent. */
  readonly fields: FieldReader;
}

/** What the operator says of a request. */
export interface RequestVerdict {
  /** Names of the rules that decided something. */
  readonly rules: readonly string[];
  readonly act: Act;
  /** What the origin is asked for and what is keyed; null where it is the target as asked. */
  readonly target: string | null;
  /** Parts of the key beside target, host and site, none with a space in it, sorted. */
  readonly marks: readonly string[];
  /** Of the fields that the origin is sent. */
  readonly changes: FieldChanges;
  /** Undefined where nothing is said: as the process has it. */
  readonly clientCacheControl: "honour" | "ignore" | undefined;
  /** See rules/coding. */
  readonly foldsEncodings: boolean;
  /** The cookies that are left tell of nobody: they are in the key, or none is left. */
  readonly areCookiesKeyed: boolean;
  forResponse(response: SiteResponse): ResponseVerdict;
}

export type Act =
  | { readonly kind: "serve" }
  /** Straight to the origin; nothing is looked up or stored. */
  | { readonly kind: "pass" }
  | { readonly kind: "deny"; readonly status: 403 | 404 | 410 | 451 }
  | { readonly kind: "redirect"; readonly location: string; readonly status: number };

/** Names are lower-case. No field is both set and removed. */
export interface FieldChanges {
  /** Instead of the Cookie that came; null for none, undefined for the one that came. */
  readonly cookie?: string | null;
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly remove: readonly string[];
}

/** Where a 304 confirms a stored response, it is the stored one, as freshened, that is spoken of. */
export interface SiteResponse {
  readonly status: number;
  /** As the origin has sent them. */
  readonly fields: FieldReader;
}

/** What the operator says of a response. */
export interface ResponseVerdict {
  /** Names of the rules that decided something of the response, not those of the request. */
  readonly rules: readonly string[];
  /** What is said goes over what the process says. */
  readonly storing: Partial<StoringOptions>;
  /** Made before it is decided whether the response is stored: what is removed is not there. */
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly remove: readonly string[];
}
