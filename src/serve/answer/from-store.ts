import type { FieldList } from "../../rules/fields.ts";
import { currentAge } from "../../rules/freshness.ts";
import type { Policy, Validators } from "../../rules/policy.ts";
import { isUnmodified, notModifiedFields } from "../../rules/preconditions.ts";
import {
  contentRange,
  decideRange,
  multipartLength,
  multipartTail,
  type Part,
  partHead,
  unsatisfiedRange,
} from "../../rules/range.ts";
import type { Found } from "../../store/tier.ts";
import { type Answer, answerHeaders, fieldOf, type Telling } from "./answer.ts";
import type { ServeContext } from "../context.ts";
import type { Inbound } from "../request/inbound.ts";
import { bodyOf, keepFileNameless, multipartBody } from "./stored-body.ts";
import type { Transit } from "./transit.ts";

/**
 * Answers a GET or HEAD from a stored response: preconditions (RFC 9110 §13), ranges (§14), else the whole.
 * `boundary` separates the parts of a multipart answer and must not occur in the body.
 */
export function answerFromStore(
  inbound: Pick<Inbound, "method" | "fields">,
  found: Found,
  telling: Telling,
  now: number,
  { newBoundary, transit }: Pick<ServeContext, "newBoundary" | "transit">,
): Answer {
  const { policy, size, status, fields } = found.response;
  const age = ageFor(telling, policy, now);
  const conditional = answerConditions(inbound, found.response, telling, age, now);
  if (conditional !== null) return conditional;
  const range = decideRange(inbound.method, inbound.fields, { status, policy, size });
  const making = { found, telling, age, transit };
  switch (range.kind) {
    case "unsatisfiable": {
      const headers = answerHeaders(unsatisfiableFields(fields), telling, null);
      headers.set("content-range", unsatisfiedRange(size));
      return { response: new Response(null, { status: 416, headers }), telling, bytes: 0 };
    }
    case "parts": {
      const [only, ...others] = range.parts;
      if (only !== undefined && others.length === 0) return onePart(making, only);
      return manyParts(making, range.parts, newBoundary());
    }
    case "whole":
      return whole(making, inbound.method);
  }
}

/** The status of the answer that `answerFromStore` makes. */
export function statusFromStore(
  { method, fields }: Pick<Inbound, "method" | "fields">,
  { status, policy, size }: Found["response"],
  now: number,
): number {
  if (isUnmodified(fields, { status, policy }, now)) return 304;
  const { kind } = decideRange(method, fields, { status, policy, size });
  return kind === "unsatisfiable" ? 416 : kind === "parts" ? 206 : status;
}

/** What an answer with a body is made of. */
interface Making {
  readonly found: Found;
  readonly telling: Telling;
  readonly age: number | null;
  readonly transit: Transit;
}

/**
 * The 304 that the request's preconditions ask for, or null when the body is to be sent. Those of other methods than GET
 * and HEAD were the origin's to judge, before it acted. It repeats Cache-Control, Expires and Vary, as RFC 9110 §15.4.5
 * wants: no cache keeps a 304, and the client's copy, which it freshens, is to be kept by them.
 */
export function answerConditions(
  inbound: Pick<Inbound, "method" | "fields">,
  response: { readonly status: number; readonly fields: FieldList; readonly policy: Validators },
  telling: Telling,
  age: number | null,
  now: number,
): Answer | null {
  if (inbound.method !== "GET" && inbound.method !== "HEAD") return null;
  const { status, fields, policy } = response;
  if (!isUnmodified(inbound.fields, { status, policy }, now)) return null;
  const headers = answerHeaders(notModifiedFields(fields), telling, age);
  return { response: new Response(null, { status: 304, headers }), telling, bytes: 0 };
}

/** RFC 9111 §5.1: Age says that the response came from a cache; one the origin has just given keeps the Age it has. */
export function ageFor(telling: Telling, policy: Policy, now: number): number | null {
  return telling.word === "MISS" || telling.word === "PASS" ? null : currentAge(policy, now);
}

/**
 * The fields of a 416. It is about one range of what is stored, not about the target: with the lifetime of the page it
 * would be kept by a cache downstream that stores whatever states one (RFC 9111 §3), and given to others.
 */
function unsatisfiableFields(fields: FieldList): FieldList {
  const kept = fields.filter(([name]) => !representationFields.has(name) && !name.endsWith("cache-control"));
  return [...kept, ["cache-control", "no-store"]];
}

const representationFields: ReadonlySet<string> = new Set([
  "age",
  "content-type",
  "content-encoding",
  "content-language",
  "etag",
  "expires",
  "last-modified",
  "surrogate-control",
]);

function whole({ found, telling, age, transit }: Making, method: string): Answer {
  const { status, size, fields } = found.response;
  const headers = answerHeaders(fields, telling, age);
  keepFileNameless(headers, found.body, size);
  if (method === "HEAD") {
    // RFC 9110 §8.6: a 204 has none.
    if (status !== 204) headers.set("content-length", String(size));
    return { response: new Response(null, { status, headers }), telling, bytes: 0 };
  }
  const bodyInit = size === 0 ? null : bodyOf(found.body, { start: 0, end: size }, headers, transit);
  return { response: new Response(bodyInit, { status, headers }), telling, bytes: size };
}

function onePart({ found, telling, age, transit }: Making, part: Part): Answer {
  const { fields, size } = found.response;
  const headers = answerHeaders(fields, telling, age);
  keepFileNameless(headers, found.body, size);
  headers.set("content-range", contentRange(part.start, part.end, size));
  const response = new Response(bodyOf(found.body, part, headers, transit), { status: 206, headers });
  return { response, telling, bytes: part.end - part.start };
}

function manyParts(
  { found, telling, age, transit }: Making,
  parts: readonly Part[],
  boundary: string,
): Answer {
  const { fields, size } = found.response;
  const contentType = fieldOf(fields, "content-type");
  const pieces = [
    ...parts.flatMap((part) => [bytesOf(partHead(part, size, contentType, boundary)), part]),
    bytesOf(multipartTail(boundary)),
  ];
  const headers = answerHeaders(fields, telling, age);
  headers.set("content-type", `multipart/byteranges; boundary=${boundary}`);
  const bytes = multipartLength(parts, size, contentType, boundary);
  const body = multipartBody(found.body, pieces, bytes, transit);
  return { response: new Response(body, { status: 206, headers }), telling, bytes };
}

/** One byte a character. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
