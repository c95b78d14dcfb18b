import { createCell } from "./cell.ts";

/** The browser keeps the token for this tab and this place alone. */
const storageName = "cacheproxy-token";

/** What keeps the page from asking: nothing, no token, or a token that is not (or no longer) the right one. */
export const locked = createCell<"no" | "unknown" | "refused">(
  sessionStorage.getItem(storageName) === null ? "unknown" : "no",
);

/** What cacheproxy says instead of what was asked for, in one line for people. */
export class AskError extends Error {
  /** 0 where it did not answer. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** Why something that was asked for, or ordered, has not come, in one line. */
export function wordsOf(error: unknown): string {
  if (error instanceof AskError && error.status === 401) return "the token is needed";
  return error instanceof Error ? error.message : String(error);
}

/** From now on this token is shown. */
export function unlock(token: string): void {
  // Fields of requests have no other characters.
  sessionStorage.setItem(storageName, token.replace(/[^!-~]/g, ""));
  locked.set("no");
}

/**
 * What GET of that path and query ("top", "entries?prefix=/a") answers. Its shape is the server's, which is the same program.
 * An answer without an `error` counts whatever its status: /healthz tells with 503 what is wrong. Throws an `AskError`.
 */
export async function ask<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  return await answerIn<Answer>(await request(path, signal === undefined ? {} : { signal }));
}

/** What POST of that body to that path answers. Throws an `AskError`. */
export async function order<Answer>(path: string, body: unknown): Promise<Answer> {
  const headers = { "Content-Type": "application/json" };
  return await answerIn<Answer>(await request(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

/** An answer that goes on, to be read as it comes: text/event-stream. Throws an `AskError`. */
export async function follow(
  path: string,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const response = await request(path, { signal, headers: { Accept: "text/event-stream" } });
  if (!response.ok || response.body === null) return await answerIn(response);
  return response.body;
}

/** Paths are relative to the page's own, so that it may lie in a folder of another server. */
async function request(path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  if (!headers.has("Accept")) headers.set("Accept", "application/json");
  const token = sessionStorage.getItem(storageName);
  if (token !== null) headers.set("Authorization", `Bearer ${token}`);
  const response = await answered(path, { ...init, headers, cache: "no-store" });
  if (response.status === 401) refuse(token);
  return response;
}

async function answered(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path.replace(/^\//, ""), init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new AskError("cacheproxy does not answer", 0);
  }
}

/** Another token may have been given since that one was shown. */
function refuse(shown: string | null): void {
  if (sessionStorage.getItem(storageName) !== shown) return;
  sessionStorage.removeItem(storageName);
  if (shown !== null) locked.set("refused");
  else if (locked.value === "no") locked.set("unknown");
}

async function answerIn<Answer>(response: Response): Promise<Answer> {
  const answer: unknown = await response.json().catch(() => undefined);
  const error = errorIn(answer);
  if (error !== undefined || (!response.ok && answer === undefined))
    throw new AskError(error ?? `cacheproxy has answered ${response.status}`, response.status);
  return answer as Answer;
}

function errorIn(answer: unknown): string | undefined {
  if (typeof answer !== "object" || answer === null || !("error" in answer)) return undefined;
  return String(answer.error);
}
