import type { ReasonName } from "./reason.ts";
export interface CacheStatusFacts {
  readonly hit: boolean;
  readonly forward?:
    | "uri-miss"
    | "vary-miss"
    | "stale"
    | "request"
    | "method"
    | "bypass"
    | "partial"
    | "miss";
  readonly forwardStatus?: number;
  readonly stored?: boolean;
  readonly collapsed?: boolean;
  /** Seconds; negative when stale. */
  readonly timeToLive?: number;
  readonly key?: string;
  readonly detail?: ReasonName;
}
export function cacheStatus(_upstream: string | null, _facts: CacheStatusFacts): string {
  throw new Error("unwritten");
}
