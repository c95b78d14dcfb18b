import type { FieldList } from "../rules/fields.ts";
import type { ReasonName } from "../rules/reason.ts";
import type { Framing } from "../rules/storable.ts";
import { OriginStalled, withStallLimit } from "./body.ts";

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
  readonly body: ReadableStream<Uint8Array> | null;
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

/** Asks the origin once. Aborting the signal cancels the request, and the body while it streams. Rejects only then. */
export type Forward = (request: OriginRequest, signal: AbortSignal) => Promise<OriginAnswer>;

export interface ForwardOptions {
  /** Scheme and authority, no slash at the end: "http://127.0.0.1:8000". */
  readonly origin: string;
  /** The path of a socket on this machine to connect to instead of the origin's address. */
  readonly unixSocket?: string;
  /** Milliseconds until the first byte of the answer, and between two parts of its body. */
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
  return async function forward(request, signal) {
    const abort = new AbortController();
    const stop = () => abort.abort();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      stop();
    }, options.firstByteTimeout);
    const requestAt = options.now();
    try {
      const response = await ask(options, request, abort.signal);
      const answer = received(response, requestAt, options.now());
      return answer.ok ? limited(answer.response, options.firstByteTimeout, stop) : answer;
    } catch (error) {
      if (signal.aborted) throw error;
      return { ok: false, failure: timedOut ? timeoutFailure(options) : failureOf(error, options.origin) };
    } finally {
      clearTimeout(timer);
      // The listener stays: an abort of the caller must still reach a body that streams.
    }
  };
}

function ask(options: ForwardOptions, request: OriginRequest, signal: AbortSignal): Promise<Response> {
  const { origin, unixSocket } = options;
  return fetch(origin + request.target, {
    ...(unixSocket === undefined ? {} : { unix: unixSocket }),
    method: request.method,
    headers: request.fields,
    body: request.body,
    signal,
    redirect: "manual",
    decompress: false,
    // `false` keeps HTTP_PROXY of the environment away; the types know only strings.
    ...({ proxy: false, timeout: false } as object),
  });
}

/** The origin may stop in the middle as well: there it has as long as for its first byte. */
function limited(response: OriginResponse, stallTimeout: number, abort: () => void): OriginAnswer {
  const body = response.body === null ? null : withStallLimit(response.body, stallTimeout, abort);
  return { ok: true, response: { ...response, body } };
}

function received(response: Response, requestAt: number, responseAt: number): OriginAnswer {
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
  const fields: FieldList = [...response.headers];
  const framing = framingOf(response);
  const bodiless = status === 204 || status === 304 || response.body === null;
  return {
    ok: true,
    response: {
      status,
      statusText: response.statusText,
      fields,
      framing,
      body: bodiless ? null : response.body,
      requestAt,
      responseAt,
    },
  };
}

/** RFC 9112 §6.3: how the end of the body is known. */
function framingOf(response: Response): Framing {
  if (response.body === null || response.status === 204 || response.status === 304) return "length";
  if (response.headers.has("transfer-encoding")) return "chunked";
  return response.headers.has("content-length") ? "length" : "close";
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
