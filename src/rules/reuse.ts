import type { FieldReader } from "./fields.ts";
import type { Policy } from "./policy.ts";
import type { ReasonName } from "./reason.ts";
export interface ReuseOptions {
  readonly clientCacheControl: "honour" | "ignore";
}
export type ReuseDecision =
  | { readonly use: "fresh"; readonly reason: ReasonName }
  | { readonly use: "stale"; readonly revalidateInBackground: boolean; readonly reason: ReasonName }
  | { readonly use: "revalidate"; readonly reason: ReasonName };
export function decideReuse(
  _policy: Policy,
  _request: FieldReader,
  _now: number,
  _options: ReuseOptions,
): ReuseDecision {
  throw new Error("unwritten");
}
export function decideReuseOnError(
  _policy: Policy,
  _request: FieldReader,
  _now: number,
  _failure: "unreachable" | number,
  _options: ReuseOptions,
): { readonly use: boolean; readonly reason: ReasonName } {
  throw new Error("unwritten");
}
export function onlyIfCached(_request: FieldReader, _options: ReuseOptions): boolean {
  throw new Error("unwritten");
}
