import { type BareItem, parseList } from "structured-headers";
import { versionLine } from "../command-line.ts";
import { codeOf } from "../../config/listen-refusal.ts";
import type { Page } from "./choice.ts";
import type { Variant } from "./variants.ts";

/** What became of one request. */
export type Outcome =
  /** It is stored, since now or before. */
  | { readonly kind: "cached"; readonly isNew: boolean; readonly bytes: number }
  /** It was answered well, and is not stored: see rules/reason. */
  | { readonly kind: "uncached"; readonly reason: string; readonly bytes: number }
  /** `retryAfter` is as the field has it. */
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly reason: string;
      readonly retryAfter: string | null;
    }
  /** There was no answer, or not the whole of it. */
  | { readonly kind: "unanswered"; readonly problem: string };

export interface Patience {
  /** Milliseconds without a byte, after which nothing is waited for any more. */
  readonly timeout: number;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

/** The program, as origins see it in their logs. */
const userAgent = `${versionLine.replace(" ", "/")} (warm)`;

/** Asks the proxy as an ordinary client would, and reads the whole answer without keeping it. Does not reject. */
export async function ask(
  page: Page,
  variant: Variant,
  patience: Patience,
  maxObject: number,
): Promise<Outcome> {
  const watch = watched(patience);
  try {
    const response = await request(page, variant, watch.signal);
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      watch.again();
    }
    return outcomeOf(response, bytes, maxObject);
  } catch (error) {
    return { kind: "unanswered", problem: problemOf(error, watch.isOver(), patience) };
  } finally {
    watch.end();
  }
}

/** The proxy's answer. That the listener is the proxy has been told by its own socket, so that its certificate need not prove it. */
export async function request(
  { url, door }: Page,
  { fields }: Variant,
  signal: AbortSignal,
  decompress = false,
): Promise<Response> {
  const headers = new Headers([
    ["accept", "*/*"],
    ["user-agent", userAgent],
  ]);
  for (const [name, value] of [...fields, ...door.fields]) headers.set(name, value);
  headers.set("host", url.host);
  return await fetch(`${door.origin}${url.pathname}${url.search}`, {
    ...{ headers, signal, decompress },
    ...(door.unix === undefined ? {} : { unix: door.unix }),
    ...(door.origin.startsWith("https:")
      ? { tls: { serverName: url.hostname, rejectUnauthorized: false } }
      : {}),
    redirect: "manual",
    proxy: false,
  });
}

/** Of an answer of this proxy, by what it says of it in Cache-Status. */
export function outcomeOf(
  { status, headers }: Pick<Response, "status" | "headers">,
  bytes: number,
  maxObject: number,
): Outcome {
  const told = toldByProxy(headers.get("cache-status"));
  const reason = told.get("detail") ?? "unknown";
  if (status >= 400) return { kind: "refused", status, reason, retryAfter: headers.get("retry-after") };
  if (told.has("hit")) return { kind: "cached", isNew: false, bytes };
  // Of a body without a length that is known at its end, when the fields are long gone.
  if (bytes > maxObject) return { kind: "uncached", reason: "too-large", bytes };
  // Somebody else has asked for the same just now.
  if (told.has("stored") || told.has("collapsed")) return { kind: "cached", isNew: true, bytes };
  return { kind: "uncached", reason, bytes };
}

/** Its own member is the last one, nearest to the client (RFC 9211 §2). */
function toldByProxy(field: string | null): ReadonlyMap<string, string> {
  try {
    const [, parameters] = parseList(field ?? "").at(-1) ?? [];
    return new Map([...(parameters ?? [])].filter(isTrue).map(([name, value]) => [name, String(value)]));
  } catch {
    return new Map();
  }
}

function isTrue([, value]: readonly [string, BareItem]): boolean {
  return value !== false;
}

/** A clock that begins anew with each byte that comes. */
export function watched({ timeout, signal }: Patience) {
  const controller = new AbortController();
  const stop = () => controller.abort();
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    stop();
  }, timeout);
  return {
    signal: controller.signal,
    again: () => void timer.refresh(),
    isOver: () => isOver,
    end() {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    },
  };
}

export function problemOf(error: unknown, isOver: boolean, { timeout, signal }: Patience): string {
  if (isOver) return `nothing came for ${timeout / 1000} s`;
  if (signal.aborted) return "interrupted";
  return `the connection failed (${codeOf(error) ?? (error instanceof Error ? error.message : String(error))})`;
}
