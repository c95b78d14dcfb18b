import { asksForEventStream, isEventStream } from "../rules/event-stream.ts";
import type { FieldList } from "../rules/fields.ts";
import type { ReasonName } from "../rules/reason.ts";
import type { Framing } from "../rules/exchange.ts";
import { type BodyReader, bodyOfOrigin, type StallLimit } from "./body.ts";
import { createDeadlines } from "./deadlines.ts";
import {
  codeOf,
  failureOf,
  type OriginFailure,
  silent,
  unaskedCoding,
  unfinished,
  untrusted,
  wordsOf,
} from "./failure.ts";
import { createPool, type Pool, type Way } from "./pool.ts";
import { distrust } from "./trust.ts";
import { createTurns, inTurns } from "./turns.ts";
import { dial, type Switched } from "./websocket/dial.ts";
import type { NewMask } from "./websocket/origin-side.ts";
import type { OriginSide } from "./websocket/side.ts";

export interface OriginRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** With `Upgrade: websocket` among them the origin is asked for a WebSocket. */
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
  /** There for a status of 101: the origin's side of the WebSocket that was asked for. Whoever does not want it cuts it. */
  readonly webSocket?: OriginSide;
  /** The number in the order of things that the request got when it was sent: see store/order. */
  readonly askedAt: number;
  /** By the steady clock, in milliseconds, before the request was sent and after the fields had come. */
  readonly requestAt: number;
  readonly responseAt: number;
  /** `responseAt` by the wall clock. */
  readonly receivedAt: number;
}

export type OriginAnswer =
  | { readonly ok: true; readonly response: OriginResponse }
  | { readonly ok: false; readonly failure: OriginFailure };

/**
 * Asks the origin once. Aborting cancels the request, and the body while it streams; what takes too long is aborted
 * here. Rejects only when the caller has aborted.
 */
export type Forward = (request: OriginRequest, abort: AbortController) => Promise<OriginAnswer>;

/** Hears what one origin gives. */
export interface OriginMeter {
  /** A request has come to this, so many milliseconds after it began; nothing of those that the caller aborted. */
  answered(answer: OriginAnswer, milliseconds: number): void;
  /** So many bytes of a body have come. */
  received(bytes: number): void;
}

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

/** Milliseconds. */
export interface Timeouts {
  /**
   * Until the head of the answer, from when the whole request has been sent, or the last part that came. Who asks for
   * events waits for as long as it likes: some origins send the head with the first of them.
   */
  readonly firstByteTimeout: number;
  /** Until each part of the answer's body: see origin/body. An event stream may take its time. */
  readonly idleTimeout: number;
  /** Until the client's next part of a request that it sends. */
  readonly clientTimeout: number;
}

export interface ForwardOptions extends Clocks, Timeouts, Way {
  /** Scheme and authority, and what all paths begin with, no slash at the end: "http://127.0.0.1:8000/app". */
  readonly origin: string;
  /** What the operator calls it; the same, if nothing is said. */
  readonly name?: string;
  /** The Authorization of requests that have none. No rule sees it: it is the operator's, and says nothing of a client. */
  readonly authorization?: string | null;
  /** The Host it is asked for, instead of the one in the request: of several origins each may have a name of its own. */
  readonly host?: string | null;
  /** For the frames of WebSockets; where there is none, no WebSocket is asked for. */
  readonly newMask?: NewMask;
  /** Hears why the origin gave no answer, and which origin that was; not when the caller has aborted. */
  readonly onFailure?: ((reason: ReasonName, message: string) => void) | undefined;
  /** Hears what each request came to that was sent at that instant of `now`; nothing of those that the caller aborted. */
  readonly onOutcome?: (answer: OriginAnswer, requestAt: number) => void;
  readonly meter?: OriginMeter;
}

/** The one door to the origin. */
export function createForward(options: ForwardOptions): Forward {
  const { firstByteTimeout, idleTimeout, clientTimeout, onFailure, onOutcome, meter } = options;
  const { name = options.origin, authorities } = options;
  const beginning = createDeadlines(firstByteTimeout);
  const sending = createDeadlines(clientTimeout);
  const idling = createDeadlines(idleTimeout);
  const pool = createPool(options);
  return async function forward(request, abort) {
    const stop = () => abort.abort();
    const limits = { origin: asksForEventStream(request.fields) ? null : beginning, client: sending };
    const turns = createTurns(limits, stop);
    turns.begin("origin");
    const instants = { askedAt: options.next(), requestAt: options.now() };
    const beganAt = options.monotonic();
    const tell = (answer: OriginAnswer): OriginAnswer => {
      onOutcome?.(answer, instants.requestAt);
      meter?.answered(answer, options.monotonic() - beganAt);
      return answer;
    };
    const failed = (failure: OriginFailure, detail: string): OriginAnswer => {
      onFailure?.(failure.reason, `${failure.explanation}: ${name}, ${detail}`);
      return tell({ ok: false, failure });
    };
    try {
      pool.closeAfter(request);
      const body = request.body === null ? null : inTurns(request.body, turns);
      const response = await ask(options, pool, { ...request, body }, abort.signal);
      if ("side" in response) {
        const times = { ...instants, responseAt: options.now(), receivedAt: options.date() };
        return tell(switched(response, times));
      }
      pool.answered(request.method, response);
      const deadlines = isEventStream(response.headers) ? null : idling;
      const limit = { deadlines, seconds: idleTimeout / 1000, abort: stop };
      const times = { ...instants, responseAt: options.now(), receivedAt: options.date() };
      const answer = received(request.method, response, limit, times, meter);
      if (answer.ok) return tell(answer);
      stop();
      return failed(answer.failure, `status ${response.status}`);
    } catch (error) {
      if (turns.late === "client") return { ok: false, failure: unfinished };
      if (turns.late === "origin") return failed(silent, `nothing within ${firstByteTimeout / 1000} s`);
      if (abort.signal.aborted) throw error;
      const distrusted = distrust(codeOf(error), authorities !== undefined);
      if (distrusted !== null) return failed(untrusted, `${codeOf(error)}: ${distrusted}`);
      return failed(failureOf(error), wordsOf(error));
    } finally {
      turns.end();
    }
  };
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
): Promise<Response | Switched> {
  const { origin, host = null, newMask } = options;
  const { method, target } = request;
  if (host !== null) request.fields.set("host", host);
  const fields = withCredentials(request.fields, options.authorization ?? null);
  if (newMask !== undefined && fields.get("upgrade") === "websocket") {
    return dial({ ...options, newMask }, target, fields, signal);
  }
  return fetch(origin + target, {
    method,
    headers: fields,
    body: request.body,
    signal,
    redirect: "manual",
    decompress: false,
    // `false` keeps HTTP_PROXY of the environment away; the types know only strings.
    proxy: false as unknown as string,
    timeout: false,
    session,
  });
}

/** Not in the fields themselves: another origin may be asked with them, if this one does not answer. */
function withCredentials(fields: Headers, authorization: string | null): Headers {
  if (authorization === null || fields.has("authorization")) return fields;
  const known = new Headers(fields);
  known.set("authorization", authorization);
  return known;
}

type Times = Pick<OriginResponse, "askedAt" | "requestAt" | "responseAt" | "receivedAt">;

function switched({ side, fields }: Switched, times: Times): OriginAnswer {
  const statusText = "Switching Protocols";
  const response = { status: 101, statusText, fields, framing: "length", body: null, ...times } as const;
  return { ok: true, response: { ...response, webSocket: side } };
}

function received(
  method: string,
  response: Response,
  limit: StallLimit,
  times: Times,
  meter: OriginMeter | undefined,
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
  const body = isBodiless ? null : bodyOfOrigin(response, limit, meter?.received);
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
