import { pseudonym } from "../../origin/request.ts";
import { type CacheStatusFacts, cacheStatus } from "../../rules/cache-status.ts";
import type { FieldList } from "../../rules/fields.ts";
import type { ReasonName } from "../../rules/reason.ts";
import { remembered } from "../../rules/remembered.ts";
import { tagFields } from "../../rules/tags.ts";
import type { ServeOptions } from "../context.ts";
import type { CacheWord, SaidByOrigin } from "./outcome.ts";

/** How an answer came about: what X-Cache, Cache-Status, the log and the counters say of it. */
export interface Telling {
  readonly word: CacheWord;
  readonly reason: ReasonName;
  readonly facts: CacheStatusFacts;
}

/**
 * The telling with the cache key in it, where the operator wants that shown, and with the rules that have decided: of a
 * stored response those that did when it was stored.
 */
export function told(
  options: Pick<ServeOptions, "showKey">,
  key: string,
  telling: Telling,
  rules: readonly string[] = [],
): Telling {
  if (!options.showKey && rules.length === 0) return telling;
  const facts = {
    ...telling.facts,
    ...(options.showKey ? { key } : {}),
    ...(rules.length > 0 ? { rules } : {}),
  };
  return { ...telling, facts };
}

/** An answer on its way to the client. */
export interface Answer {
  readonly response: Response;
  /** What the log tells where the response does not. */
  readonly status?: number;
  readonly telling: Telling;
  /** Bytes of the body; a promise of them when the body streams, resolved when it ends or the client leaves. */
  readonly bytes: number | Promise<number>;
  /** Why the origin was asked; absent where it was not. */
  readonly forwarded?: ReasonName;
  /** See `Served`. */
  readonly origin?: SaidByOrigin;
  /** For a body that streams into the store: what turned out by its end, when the fields had gone out already. */
  readonly reasonAtEnd?: () => ReasonName;
}

/** Written by the server from the body it sends, or by us. */
const rewritten = new Set(["content-length", "cache-status", "x-cache"]);

/**
 * The fields of an answer made of a stored response or the origin's, with what a proxy must add. `age` is in seconds;
 * null leaves the Age there is.
 */
export function answerHeaders(fields: FieldList, telling: Telling, age: number | null): Headers {
  const headers = new Headers();
  for (const [name, value] of fields) {
    if (!rewritten.has(name)) headers.append(conventionalName(name), value);
  }
  headers.append("Via", `1.1 ${pseudonym}`);
  headers.set("X-Cache", telling.word);
  renewHeaders(headers, cacheStatus(fieldOf(fields, "cache-status"), withReason(telling)), age);
  return headers;
}

/**
 * Takes off what names the responses that are purged together, where the operator does not keep it: it is between the origin
 * and its caches, and may be long.
 */
export function withoutTags(headers: Headers, { keepTags }: Pick<ServeOptions, "keepTags">): Headers {
  if (!keepTags) for (const name of tagFields.keys()) headers.delete(name);
  return headers;
}

/** What changes in `answerHeaders` while a stored response grows older; the rest is dearer to make anew. */
export function renewHeaders(headers: Headers, status: string, age: number | null): void {
  headers.set("Cache-Status", status);
  if (age !== null) headers.set("Age", String(age));
}

/** "x-powered-by" as people write it in HTTP/1: "X-Powered-By". Case means nothing, but people read it. */
export const conventionalName = remembered((name) =>
  name.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase()),
);

/** The first line of a field in a list, or null. */
export function fieldOf(fields: FieldList, name: string): string | null {
  return fields.find(([candidate]) => candidate === name)?.[1] ?? null;
}

/** The list without the named fields. */
export function fieldsWithout(fields: FieldList, names: readonly string[]): FieldList {
  return names.length === 0 ? fields : fields.filter(([name]) => !names.includes(name));
}

/** What Cache-Status says of it. */
export function withReason(telling: Telling): CacheStatusFacts {
  return { ...telling.facts, detail: telling.reason };
}

/**
 * A body without a Content-Type of its own. Bun's server invents one for bytes and blobs, but not for a stream; and one that
 * ends at once, before its high-water mark, is sent with its length.
 */
export function untypedBody(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      start(controller) {
        controller.enqueue(bytes);
        controller.close();
      },
    },
    { highWaterMark: bytes.byteLength + 1 },
  );
}

/** A short plain answer of our own: refusals and failures of the origin. Never stored by anyone. A 503 is to be tried again, in so many seconds. */
export function ownAnswer(
  method: string,
  status: number,
  explanation: string,
  telling: Telling,
  now: number,
  retryAfter = 1,
): Answer {
  const text = new TextEncoder().encode(`${status} ${explanation}\n`);
  const headers = answerHeaders(
    [
      ["content-type", "text/plain; charset=utf-8"],
      ["cache-control", "no-store"],
      ["date", new Date(now).toUTCString()],
    ],
    telling,
    null,
  );
  if (status === 503) headers.set("Retry-After", String(retryAfter));
  if (method === "HEAD") {
    headers.set("content-length", String(text.byteLength));
    return { response: new Response(null, { status, headers }), telling, bytes: 0 };
  }
  return { response: new Response(text, { status, headers }), telling, bytes: text.byteLength };
}
