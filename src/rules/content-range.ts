import type { Exchange, StoringOptions } from "./exchange.ts";
import type { FieldReader } from "./fields.ts";
import type { Policy } from "./policy.ts";
import type { Part } from "./range.ts";
import type { ReasonName } from "./reason.ts";
import { decideStoring } from "./storable.ts";

/** The bytes that a 206 carries, and of how many. */
export interface ContentRange extends Part {
  /** Bytes of the complete representation. */
  readonly size: number;
}

/** RFC 9110 §14.4: null for what is not "bytes first-last/size" in digits, for an unknown size ("*") as well. */
export function parseContentRange(value: string | null): ContentRange | null {
  const [, first, last, complete] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/i.exec(value ?? "") ?? [];
  if (first === undefined || last === undefined || complete === undefined) return null;
  const [start, end, size] = [Number(first), Number(last) + 1, Number(complete)];
  return start < end && end <= size ? { start, end, size } : null;
}

export type PieceStoringDecision =
  | { readonly storable: false; readonly reason: ReasonName }
  | {
      readonly storable: true;
      readonly reason: ReasonName;
      readonly policy: Policy;
      readonly range: ContentRange;
    };

/**
 * Whether a 206 may be stored as a piece of its representation (RFC 9111 §3.3): one range that agrees with itself and
 * with the length announced, in a response of which a 200 could be stored. Without a strong validator it answers
 * ranges within it, and is never combined with another (§3.4).
 */
export function decidePieceStoring(exchange: Exchange, options: StoringOptions): PieceStoringDecision {
  const { response, status, framing } = exchange;
  if (status !== 206 || exchange.method !== "GET") return { storable: false, reason: "status-partial" };
  const contentRange = response.get("content-range");
  if (contentRange === null || isMultipart(response)) {
    return { storable: false, reason: "partial-without-range" };
  }
  const range = parseContentRange(contentRange);
  if (range === null) {
    const isUnknown = /^bytes \d+-\d+\/\*$/i.test(contentRange);
    return { storable: false, reason: isUnknown ? "partial-unknown-size" : "partial-malformed-range" };
  }
  const announced = framing === "length" ? response.get("content-length") : null;
  if (announced !== null && announced !== String(range.end - range.start)) {
    return { storable: false, reason: "partial-wrong-length" };
  }
  // Content-Range says where the body ends, however it is framed.
  const decision = decideStoring({ ...exchange, status: 200, framing: "length" }, options);
  return decision.storable ? { ...decision, reason: "stored-piece", range } : decision;
}

/** Whether the fields are those of several parts (RFC 9110 §14.6), of which each has a range of its own. */
function isMultipart(response: FieldReader): boolean {
  return /^multipart\/byteranges\b/i.test(response.get("content-type") ?? "");
}
