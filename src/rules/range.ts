import { parseEntityTag, strongMatch } from "./entity-tag.ts";
import type { FieldReader } from "./fields.ts";
import { parseHttpDate } from "./http-date.ts";
import { splitList } from "./list-field.ts";
import type { Policy } from "./policy.ts";

/** Bytes of a body, counted from 0. */
export interface Part {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export type RangeDecision =
  | { readonly kind: "whole" }
  | { readonly kind: "unsatisfiable" }
  | { readonly kind: "parts"; readonly parts: readonly Part[] };

/**
 * What of a stored complete body of `size` bytes the request's Range asks for (RFC 9110 §14.2). Ranges that overlap
 * or touch become one; the others keep the request's order. More than 16 of them, a Range that is malformed or of
 * another unit, or an If-Range that does not match: the whole body.
 */
export function decideRange(
  method: string,
  request: FieldReader,
  stored: { readonly status: number; readonly policy: Policy; readonly size: number },
): RangeDecision {
  const range = request.get("range");
  if (range === null || method !== "GET" || stored.status !== 200) return whole;
  const ifRange = request.get("if-range");
  if (ifRange !== null && !ifRangeMatches(ifRange, stored.policy)) return whole;
  const requested = parseRange(range, stored.size);
  // A range of no bytes cannot be written in Content-Range.
  if (requested === null || (stored.size === 0 && requested.length > 0)) return whole;
  const parts = coalesce(requested);
  if (parts.length === 0) return { kind: "unsatisfiable" };
  return parts.length > mostParts ? whole : { kind: "parts", parts };
}

/** The Content-Range of a part; `end` is exclusive. */
export function contentRange(start: number, end: number, size: number): string {
  return `bytes ${start}-${end - 1}/${size}`;
}

/** The Content-Range of a 416. */
export function unsatisfiedRange(size: number): string {
  return `bytes */${size}`;
}

/** The text before one part of a multipart/byteranges body (RFC 9110 §14.6), one byte a character. */
export function partHead(part: Part, size: number, contentType: string | null, boundary: string): string {
  const type = contentType === null ? "" : `Content-Type: ${contentType}\r\n`;
  const range = contentRange(part.start, part.end, size);
  return `\r\n--${boundary}\r\n${type}Content-Range: ${range}\r\n\r\n`;
}

/** The text after the last part. */
export function multipartTail(boundary: string): string {
  return `\r\n--${boundary}--\r\n`;
}

/** Bytes of the whole multipart body. */
export function multipartLength(
  parts: readonly Part[],
  size: number,
  contentType: string | null,
  boundary: string,
): number {
  const lengths = parts.map(
    (part) => partHead(part, size, contentType, boundary).length + (part.end - part.start),
  );
  return lengths.reduce((sum, length) => sum + length, multipartTail(boundary).length);
}

const whole: RangeDecision = { kind: "whole" };
const mostParts = 16;

/**
 * RFC 9110 §13.1.5: only a strong validator will do. A Last-Modified is one when the response was made at least a
 * second after it (§8.8.2.2).
 */
function ifRangeMatches(ifRange: string, policy: Policy): boolean {
  const entityTag = parseEntityTag(ifRange);
  if (entityTag !== null) return policy.entityTag !== null && strongMatch(entityTag, policy.entityTag);
  const { lastModifiedAt, dateAt } = policy;
  if (lastModifiedAt === null || dateAt - lastModifiedAt < 1000) return false;
  return parseHttpDate(ifRange, dateAt) === lastModifiedAt;
}

/** The satisfiable ranges in the request's order; null when the value is not a set of byte ranges. */
function parseRange(value: string, size: number): Part[] | null {
  const set = /^bytes=(.*)$/i.exec(value)?.[1];
  if (set === undefined) return null;
  const specs = splitList(set);
  if (specs.length === 0) return null;
  const parts: Part[] = [];
  for (const spec of specs) {
    const part = parseSpec(spec, size);
    if (part === null) return null;
    if (part !== "unsatisfiable") parts.push(part);
  }
  return parts;
}

/** §14.1.2: "0-99", "100-" or, for the last bytes, "-100". */
function parseSpec(spec: string, size: number): Part | "unsatisfiable" | null {
  const [, first, last] = /^(\d*)-(\d*)$/.exec(spec) ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return null;
  if (first === "") {
    const length = Number(last);
    return length === 0 ? "unsatisfiable" : { start: Math.max(0, size - length), end: size };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return null;
  if (start >= size) return "unsatisfiable";
  return { start, end: last === "" ? size : Math.min(Number(last) + 1, size) };
}

/** §15.3.7.2. Each part stands where the first range in it stood. */
function coalesce(requested: readonly Part[]): Part[] {
  const merged: { start: number; end: number; order: number }[] = [];
  const ordered = requested
    .map((part, order) => ({ ...part, order }))
    .sort((one, other) => one.start - other.start);
  for (const part of ordered) {
    const previous = merged.at(-1);
    if (previous === undefined || part.start > previous.end) {
      merged.push(part);
    } else {
      previous.end = Math.max(previous.end, part.end);
      previous.order = Math.min(previous.order, part.order);
    }
  }
  return merged.sort((one, other) => one.order - other.order).map(({ start, end }) => ({ start, end }));
}
