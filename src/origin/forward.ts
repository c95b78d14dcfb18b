import type { FieldList } from "../rules/fields.ts";
import type { ReasonName } from "../rules/reason.ts";
import type { Framing } from "../rules/storable.ts";
import { type BodyReader, bodyOfOrigin, OriginStalled, type StallLimit } from "./body.ts";
import { createDeadlines } from "./deadlines.ts";
import { createPool, type Pool } from "./pool.ts";

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
  /** The number in the order of things that the request got when it was sent: see store/order. */
  readonly askedAt: number;
  /** By the steady clock, in milliseconds, before the request was sent and after the fields had come. */
  readonly requestAt: number;
  readonly responseAt: number;
  /** `responseAt` by the wall clock. */
  readonly receivedAt: number;
}

/** The origin gave no answer that can be passed on. `status` is what the client gets for it. */
export interface OriginFailure {
  readonly status: 502 | 503 | 504;
  readonly reason: ReasonName;
  /** One sentence for clients. It names neither the origin nor a setting: `onFailure` tells those to the operator. */
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

/** What tells when something was. Instants are milliseconds since the epoch. */
export interface Clocks {
  /** The steady clock, which never goes back: for ages. */
  readonly now: () => number;
  /** The wall clock: for what is said in Date. */
  readonly date: () => number;
  /** Milliseconds since some instant, which no setting of a clock changes: for waits. */
  readonly monotonic: () => number;
  /** A number larger than all that came before: see store/order. */
  readonly next: () => number;
}

export interface ForwardOptions extends Clocks {
  /** Scheme and authority, no slash at the end: "http://127.0.0.1:8000". */
  readonly origin: string;
  /** The path of a socket on this machine to connect to instead of the origin's address. */
  readonly unixSocket?: string;
  /** Milliseconds until the first byte of the answer, and until each part of its body: see origin/body. */
  readonly firstByteTimeout: number;
  /** Hears why the origin gave no answer, and which origin that was; not when the caller has aborted. */
  readonly onFailure?: (reason: ReasonName, message: string) => void;
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

/** The one door to the origin. */
export function createForward(options: ForwardOptions): Forward {
  const { origin, firstByteTimeout, onFailure } = options;
  const seconds = firstByteTimeout / 1000;
  const deadlines = createDeadlines(firstByteTimeout);
  const pool = createPool();
  return async function forward(request, abort) {
    const stop = () => abort.abort();
    let timedOut = false;
    const deadline = deadlines.begin(() => {
      timedOut = true;
      stop();
    });
    const asked = { askedAt: options.next(), requestAt: options.now() };
    try {
      pool.closeAfter(request);
      const response = await ask(options, pool, request, abort.signal);
      pool.answered(request.method, response);
      // The origin may stop in the middle as well: there it has as long as for its first byte.
      const limit = { deadlines, seconds, abort: stop };
      const answer = received(request.method, response, limit, {
        ...asked,
        responseAt: options.now(),
        receivedAt: options.date(),
      });
      if (answer.ok) return answer;
      stop();
      return failed(answer.failure, `status ${response.status}`);
    } catch (error) {
      if (timedOut) return failed(silent, `nothing within ${seconds} s`);
      if (abort.signal.aborted) throw error;
      return failed(failureOf(error), wordsOf(error));
    } finally {
      deadlines.end(deadline);
    }
  };

  function failed(failure: OriginFailure, detail: string): OriginAnswer {
    onFailure?.(failure.reason, `${failure.explanation}: ${origin}, ${detail}`);
    return { ok: false, failure };
  }
}

/** The request at the origin ends when the signal says that nobody waits for it. */
export function abortWith(signal: AbortSignal, abort: AbortController): void {
  signal.addEventListener("abort", () => abort.abort(), { once: true });
  if (signal.aborted) abort.abort();
}

function ask(
  options: ForwardOptions,
  { session }: Pool,
  request: OriginRequest,
  signal: AbortSignal,
): Promise<Response> {
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
    session,
  } as const;
  return fetch(origin + request.target, unixSocket === undefined ? init : { ...init, unix: unixSocket });
}

function received(
  method: string,
  response: Response,
  limit: StallLimit,
  times: Pick<OriginResponse, "askedAt" | "requestAt" | "responseAt" | "receivedAt">,
): OriginAnswer {
  const status = response.status;
  if (status < 200 || status > 599) {
    const explanation = "the origin answered with a status that HTTP does not have";
    return { ok: false, failure: { status: 502, reason: "origin-broken", explanation } };
  }
  // Bun's fetch undoes `chunked` and nothing else (RFC 9112 §6.1): what is left would be passed on as plain bytes.
  const coding = response.headers.get("transfer-encoding")?.trim().toLowerCase() ?? "chunked";
  if (coding !== "chunked") return { ok: false, failure: unaskedCoding };
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
      ...times,
    },
  };
}

/** RFC 9112 §6.3: how the end of a body is known. */
function framingOf(fields: Headers): Framing {
  if (fields.has("transfer-encoding")) return "chunked";
  return fields.has("content-length") ? "length" : "close";
}

const silent: OriginFailure = {
  status: 504,
  reason: "origin-timeout",
  explanation: "the origin sent no answer in time",
};

function failureOf(error: unknown): OriginFailure {
  switch (codeOf(error)) {
    case "ECONNREFUSED":
    case "ConnectionRefused":
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

const unaskedCoding: OriginFailure = {
  status: 502,
  reason: "origin-broken",
  explanation: "the origin answered in a transfer coding that was not asked for",
};

/** What an error of the connection says. Bun's messages say less than its codes, and may hold the whole URL. */
export function wordsOf(error: unknown): string {
  return codeOf(error) || (error instanceof Error ? error.message : String(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
