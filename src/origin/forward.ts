import type { FieldList } from "../rules/fields.ts";
import type { ReasonName } from "../rules/reason.ts";
import type { Framing } from "../rules/storable.ts";
import { type BodyReader, bodyOfOrigin, OriginStalled, type StallLimit } from "./body.ts";
import { createDeadlines } from "./deadlines.ts";

export interface OriginRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly fields: Headers;
  readonly body: ReadableStream<Uint8Array> | null;
}

export interface OriginResponse {
  readonly status: number;
  readonly statusText: string;
  readonly fields: FieldList;
  readonly framing: Framing;
  /** Null when there can be none: HEAD, 204, 304. */
  readonly body: BodyReader | null;
  /** Milliseconds since the epoch, before the request was sent and after the fields had come. */
  readonly requestAt: number;
  readonly responseAt: number;
}

/** The origin gave no answer that can be passed on. `status` is what the client gets for it. */
export interface OriginFailure {
  readonly status: 502 | 504;
  readonly reason: ReasonName;
  /** One sentence for people, without secrets. */
  readonly explanation: string;
}

export type OriginAnswer =
  | { readonly ok: true; readonly response: OriginResponse }
  | { readonly ok: false; readonly failure: OriginFailure };

/**
 * Asks the origin once. Aborting cancels the request, and the body while it streams; what takes too long is aborted
 * here. Rejects only when the caller has aborted.
 */
export type Forward = (request: OriginRequest, abort: AbortController) => Promise<OriginAnswer>;

export interface ForwardOptions {
  /** Scheme and authority, no slash at the end: "http://127.0.0.1:8000". */
  readonly origin: string;
  /** The path of a socket on this machine to connect to instead of the origin's address. */
  readonly unixSocket?: string;
  /** Milliseconds until the first byte of the answer, and until each part of its body: see origin/body. */
  readonly firstByteTimeout: number;
  readonly now: () => number;
}

/** What a body that ended early comes to, where the client has seen nothing of it yet. */
export function brokenBody(error: unknown): OriginFailure {
  if (error instanceof OriginStalled)
    return { status: 504, reason: "origin-timeout", explanation: error.message };
  return {
    status: 502,
    reason: "origin-broken",
    explanation: "the origin's answer broke off before its end",
  };
}

/** The one door to the origin. */
export function createForward(options: ForwardOptions): Forward {
  const { firstByteTimeout, now } = options;
  const deadlines = createDeadlines(firstByteTimeout);
  return async function forward(request, abort) {
    const stop = () => abort.abort();
    let timedOut = false;
    const deadline = deadlines.begin(() => {
      timedOut = true;
      stop();
    });
    const requestAt = now();
    try {
      const response = await ask(options, request, abort.signal);
      // The origin may stop in the middle as well: there it has as long as for its first byte.
      const limit = { deadlines, seconds: firstByteTimeout / 1000, abort: stop };
      const answer = received(request.method, response, limit, requestAt, now());
      if (!answer.ok) stop();
      return answer;
    } catch (error) {
      if (timedOut) return { ok: false, failure: timeoutFailure(options) };
      if (abort.signal.aborted) throw error;
      return { ok: false, failure: failureOf(error, options.origin) };
    } finally {
      deadlines.end(deadline);
    }
  };
}

/** The request at the origin ends when the signal says that nobody waits for it. */
export function abortWith(signal: AbortSignal, abort: AbortController): void {
  signal.addEventListener("abort", () => abort.abort(), { once: true });
  if (signal.aborted) abort.abort();
}

function ask(options: ForwardOptions, request: OriginRequest, signal: AbortSignal): Promise<Response> {
  const { origin, unixSocket } = options;
  const init = {
    method: request.method,
    headers: request.fields,
    body: request.body,
    signal,
    redirect: "manual",
    decompress: false,
    // `false` keeps HTTP_PROXY of the environment away; the types know only strings.
    proxy: false as unknown as string,
    timeout: false,
  } as const;
  return fetch(origin + request.target, unixSocket === undefined ? init : { ...init, unix: unixSocket });
}

function received(
  method: string,
  response: Response,
  limit: StallLimit,
  requestAt: number,
  responseAt: number,
): OriginAnswer {
  const status = response.status;
  if (status < 200 || status > 599) {
    const explanation = `the origin answered with status ${status}, which is not an HTTP status`;
    return { ok: false, failure: { status: 502, reason: "origin-broken", explanation } };
  }
  // Bun's fetch undoes `chunked` and nothing else (RFC 9112 §6.1): what is left would be passed on as plain bytes.
  const coding = response.headers.get("transfer-encoding")?.trim().toLowerCase() ?? "chunked";
  if (coding !== "chunked") {
    const explanation = "the origin answered in a transfer coding that was not asked for";
    return { ok: false, failure: { status: 502, reason: "origin-broken", explanation } };
  }
  const isBodiless = method === "HEAD" || status === 204 || status === 304;
  const body = isBodiless ? null : bodyOfOrigin(response, limit);
  return {
    ok: true,
    response: {
      status,
      statusText: response.statusText,
      fields: [...response.headers],
      framing: body === null ? "length" : framingOf(response.headers),
      body,
      requestAt,
      responseAt,
    },
  };
}

/** RFC 9112 §6.3: how the end of a body is known. */
function framingOf(fields: Headers): Framing {
  if (fields.has("transfer-encoding")) return "chunked";
  return fields.has("content-length") ? "length" : "close";
}

function timeoutFailure(options: ForwardOptions): OriginFailure {
  return {
    status: 504,
    reason: "origin-timeout",
    explanation: `the origin ${options.origin} sent no answer within ${options.firstByteTimeout / 1000} s`,
  };
}

function failureOf(error: unknown, origin: string): OriginFailure {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  switch (code) {
    case "ECONNREFUSED":
    case "ConnectionRefused":
      return {
        status: 502,
        reason: "origin-refused",
        explanation: `the origin ${origin} refuses connections`,
      };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return {
        status: 502,
        reason: "origin-not-found",
        explanation: `the name of the origin ${origin} cannot be found`,
      };
    case "UnsupportedTransferEncoding":
      return {
        status: 502,
        reason: "origin-broken",
        explanation: `the origin ${origin} answered in a transfer coding that was not asked for`,
      };
    case "ETIMEDOUT":
      return {
        status: 504,
        reason: "origin-timeout",
        explanation: `the origin ${origin} cannot be reached in time`,
      };
    default:
      return {
        status: 502,
        reason: "origin-broken",
        explanation: `the origin ${origin} broke off before its answer${code === "" ? "" : ` (${code})`}`,
      };
  }
}
