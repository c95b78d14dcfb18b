import { isWeak } from "./entity-tag.ts";
import type { FieldReader } from "./fields.ts";
import { formatHttpDate } from "./http-date.ts";
import type { Policy, Validators } from "./policy.ts";
import { isUnmodified } from "./preconditions.ts";
import { decideRange, type Part } from "./range.ts";

/**
 * What of the body the answer to a GET or HEAD needs: nothing where the fields alone answer it (HEAD, 304, 416),
 * the ranges asked for, or all of it.
 */
export function wantedParts(
  method: string,
  request: FieldReader,
  stored: { readonly status: number; readonly policy: Policy; readonly size: number },
  now: number,
): readonly Part[] {
  if (method === "HEAD" || isUnmodified(request, stored, now)) return [];
  const range = decideRange(method, request, stored);
  switch (range.kind) {
    case "unsatisfiable":
      return [];
    case "parts":
      return range.parts;
    case "whole":
      return [{ start: 0, end: stored.size }];
  }
}

/**
 * What If-Range may be sent with (RFC 9110 §13.1.5): the strong entity tag, or, where there is no tag at all, a
 * Last-Modified at least a second before the response was made (§8.8.2.2). Null when there is neither.
 */
export function strongValidator({ entityTag, lastModifiedAt, dateAt }: Validators): string | null {
  if (entityTag !== null) return isWeak(entityTag) ? null : entityTag;
  return lastModifiedAt === null || dateAt - lastModifiedAt < 1000 ? null : formatHttpDate(lastModifiedAt);
}

/** RFC 9110 §15.3.7.3: only what bears one strong validator may be combined. */
export function isSameRepresentation(
  one: { readonly policy: Validators; readonly size: number },
  other: { readonly policy: Validators; readonly size: number },
): boolean {
  const validator = strongValidator(one.policy);
  return validator !== null && validator === strongValidator(other.policy) && one.size === other.size;
}

/** What of the wanted bytes no piece holds, in order. Pieces may overlap and come in any order. */
export function gaps(pieces: readonly Part[], wanted: Part): Part[] {
  const missing: Part[] = [];
  let start = wanted.start;
  for (const piece of [...pieces].sort((one, other) => one.start - other.start)) {
    if (start >= wanted.end) break;
    if (piece.end <= start) continue;
    if (piece.start > start) missing.push({ start, end: Math.min(piece.start, wanted.end) });
    start = Math.max(start, piece.end);
  }
  if (start < wanted.end) missing.push({ start, end: wanted.end });
  return missing;
}

/** The Range that asks for the part; one that reaches the end of the representation is left open. */
export function rangeFor(part: Part, size: number): string {
  return `bytes=${part.start}-${part.end === size ? "" : part.end - 1}`;
}
