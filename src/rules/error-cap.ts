import type { ErrorCap, StoringOptions } from "./exchange.ts";

/** Seconds for which a response with this status may be used at the most, fresh or stale. */
export interface Caps {
  /** By what it states itself. */
  readonly stated: number;
  /** By a heuristic, or by what the operator gives responses that state nothing. */
  readonly unstated: number;
}

/**
 * Nobody who answers with an error thinks of how long it holds: a page that was missing for a moment of a deployment must
 * not be missing for a day. Where the origin does say how long, that counts, but for what one malformed request or a
 * moment of trouble brings about: a client that sends too long a field must not make the page a 400 for an hour. An
 * operator who says how long errors are fresh (`errorLifetime`) has thought of it.
 */
export function capsFor(
  status: number,
  { errorCap, errorLifetime }: Pick<StoringOptions, "errorCap" | "errorLifetime">,
): Caps {
  if (status < 400) return { stated: Number.POSITIVE_INFINITY, unstated: Number.POSITIVE_INFINITY };
  const stated = statedCap(status, errorCap);
  return { stated, unstated: errorLifetime ?? Math.min(stated, momentSeconds) };
}

function statedCap(status: number, cap: ErrorCap): number {
  if (typeof cap === "number") return cap;
  const isOfAMoment = status >= 500 || momentaryStatuses.has(status);
  return cap === "usual" && isOfAMoment ? momentSeconds : Number.POSITIVE_INFINITY;
}

const momentSeconds = 10;

/** RFC 9110 §15.5.1, .9, .14, .15, RFC 6585 §5: about the one request, or about how it came. */
const momentaryStatuses: ReadonlySet<number> = new Set([400, 408, 413, 414, 431]);
