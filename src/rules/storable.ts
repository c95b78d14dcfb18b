import type { FieldReader } from "./fields.ts";
import type { Policy } from "./policy.ts";
import type { ReasonName } from "./reason.ts";
export interface StoringOptions {
  /** Seconds; null when the operator gives none. */
  readonly defaultLifetime: number | null;
  readonly storeUnframed: boolean;
  /** Lower-case, first one that is well-formed wins: ["cdn-cache-control"]. */
  readonly targetedFields: readonly string[];
  /** Seconds, for responses that say nothing. */
  readonly staleWhileRevalidateWindow: number;
  readonly staleIfErrorWindow: number;
}
export type Framing = "length" | "chunked" | "close";
export interface Exchange {
  readonly method: string;
  /** Scheme and authority of the target URI: "https://example.org". */
  readonly origin: string;
  /** Path and query. */
  readonly target: string;
  readonly request: FieldReader;
  readonly status: number;
  readonly response: FieldReader;
  readonly framing: Framing;
  readonly requestAt: number;
  readonly responseAt: number;
}
export type StoringDecision =
  | { readonly storable: false; readonly reason: ReasonName }
  | { readonly storable: true; readonly reason: ReasonName; readonly policy: Policy };
export function decideStoring(_exchange: Exchange, _options: StoringOptions): StoringDecision {
  throw new Error("unwritten");
}
/** A server error never replaces a good stored response. */
export function mayReplace(stored: { readonly status: number }, status: number): boolean {
  return status < 500 || stored.status >= 500;
}
