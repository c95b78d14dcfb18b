import type { ReasonName } from "../rules/reason.ts";
import { OriginStalled } from "./body.ts";
import { SwitchFault } from "./websocket/dial.ts";

/** The origin gave no answer that can be passed on. `status` is what the client gets for it. */
export interface OriginFailure {
  readonly status: 408 | 502 | 503 | 504;
  readonly reason: ReasonName;
  /** One sentence for clients. It names neither the origin nor a setting: `onFailure` tells those to the operator. */
  readonly explanation: string;
  /** After so many seconds the origin may be asked again. */
  readonly retryAfter?: number | undefined;
}

/** What a body that ended early comes to, where the client has seen nothing of it yet. */
export function brokenBody(error: unknown): OriginFailure {
  if (error instanceof OriginStalled)
    return {
      status: 504,
      reason: "origin-timeout",
      explanation: "the origin did not send all of its answer in time",
    };
  return {
    status: 502,
    reason: "origin-broken",
    explanation: "the origin's answer broke off before its end",
  };
}

export const unfinished: OriginFailure = {
  status: 408,
  reason: "client-stalled",
  explanation: "the rest of the request did not come in time",
};

export const untrusted: OriginFailure = {
  status: 502,
  reason: "origin-untrusted",
  explanation: "the origin could not show that it is the right one",
};

export const silent: OriginFailure = {
  status: 504,
  reason: "origin-timeout",
  explanation: "the origin sent no answer in time",
};

/** What an error of the connection comes to. */
export function failureOf(error: unknown): OriginFailure {
  if (lacksDescriptor(error)) return crowded;
  if (error instanceof SwitchFault) return switchedWrongly;
  switch (codeOf(error)) {
    case "ECONNREFUSED":
    case "ConnectionRefused":
    case "ENOENT": // There is no such socket.
      return { status: 502, reason: "origin-refused", explanation: "the origin refuses connections" };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return {
        status: 502,
        reason: "origin-not-found",
        explanation: "the name of the origin cannot be found",
      };
    case "UnsupportedTransferEncoding":
      return unaskedCoding;
    case "ETIMEDOUT":
      return {
        status: 504,
        reason: "origin-timeout",
        explanation: "the origin cannot be reached in time",
      };
    default:
      return { status: 502, reason: "origin-broken", explanation: "the origin broke off before its answer" };
  }
}

const switchedWrongly: OriginFailure = {
  status: 502,
  reason: "origin-broken",
  explanation: "the origin's answer to the request for a WebSocket is none",
};

const crowded: OriginFailure = {
  status: 503,
  reason: "no-descriptor",
  explanation: "the cache has too much to do to ask the origin",
};

/** Whether the process, or the whole machine, has as many files and connections open as it may. */
export function lacksDescriptor(error: unknown): boolean {
  return codeOf(error) === "EMFILE" || codeOf(error) === "ENFILE";
}

export const unaskedCoding: OriginFailure = {
  status: 502,
  reason: "origin-broken",
  explanation: "the origin answered in a transfer coding that was not asked for",
};

/** What an error of the connection says. Bun's messages say less than its codes, and may hold the whole URL. */
export function wordsOf(error: unknown): string {
  return codeOf(error) || (error instanceof Error ? error.message : String(error));
}

export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
