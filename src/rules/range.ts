import type { FieldReader } from "./fields.ts";
import type { Policy } from "./policy.ts";
export interface Part {
  readonly start: number /** Exclusive. */;
  readonly end: number;
}
export type RangeDecision =
  | { readonly kind: "whole" }
  | { readonly kind: "unsatisfiable" }
  | { readonly kind: "parts"; readonly parts: readonly Part[] };
export function decideRange(
  _method: string,
  _request: FieldReader,
  _stored: { readonly status: number; readonly policy: Policy; readonly size: number },
): RangeDecision {
  throw new Error("unwritten");
}
/** The Content-Range of a part; `end` is exclusive. */
export function contentRange(start: number, end: number, size: number): string {
  return `bytes ${start}-${end - 1}/${size}`;
}
/** The Content-Range of a 416. */
export function unsatisfiedRange(size: number): string {
  return `bytes */${size}`;
}
/** The text before one part of a multipart/byteranges body. The part's bytes follow. */
export function partHead(_part: Part, _size: number, _contentType: string | null, _boundary: string): string {
  throw new Error("unwritten");
}
/** The text after the last part. */
export function multipartTail(_boundary: string): string {
  throw new Error("unwritten");
}
/** Bytes of the whole multipart body. */
export function multipartLength(
  _parts: readonly Part[],
  _size: number,
  _contentType: string | null,
  _boundary: string,
): number {
  throw new Error("unwritten");
}
