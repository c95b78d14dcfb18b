import type { Evidence } from "../../control/cacheability.ts";
import type { FieldReader } from "../../rules/fields.ts";
import { cookieNames, identityFields } from "../../rules/identity.ts";
import { isCredential, varyNames } from "../../rules/vary.ts";
import type { Served } from "../../serve/answer/outcome.ts";
import { hidden } from "../../serve/explain/asked.ts";

/** Of an answered request, what evidence is made of. */
export type Exhibit = Pick<Served, "method" | "status" | "cache" | "received" | "answered" | "origin">;

type Lines = Evidence["requestFields"];

/** What a request and its answer looked like. Nothing in it tells who has asked, or would let anybody in. */
export function evidenceOf(exhibit: Exhibit): Evidence {
  const { method, received, origin } = exhibit;
  const responseFields = responseFieldsOf(exhibit);
  const vary = responseFields.find(([name]) => name === "vary")?.[1] ?? null;
  return {
    method: short(method),
    status: origin?.status ?? exhibit.status,
    requestFields: requestFieldsOf(received, varyNames(vary)),
    responseFields,
  };
}

/** Which body it was, as far as that is told; null where it is not. */
export function bodyNameOf({ origin, answered }: Exhibit): string | null {
  let lastModified: string | null = null;
  for (const [name, value] of origin?.fields ?? answered ?? []) {
    const lower = name.toLowerCase();
    if (lower === "etag") return value;
    if (lower === "last-modified") lastModified = value;
  }
  return lastModified;
}

/** Those by which caches decide, or servers what they send. */
const telling: readonly string[] = [
  "accept",
  "accept-encoding",
  "accept-language",
  "authorization",
  "cache-control",
  "cookie",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "origin",
  "pragma",
  "range",
  "user-agent",
  ...identityFields,
];

function requestFieldsOf(received: FieldReader, vary: readonly string[]): Lines {
  const names = new Set([...telling, ...vary.filter((name) => name !== "*")]);
  return [...names].flatMap((name) => {
    const value = received.get(name);
    return value === null ? [] : [[name, shownOfRequest(name, value)] satisfies Lines[number]];
  });
}

function shownOfRequest(name: string, value: string): string {
  if (name === "cookie")
    return short(
      cookieNames(value)
        .map((cookie) => `${cookie}=${hidden}`)
        .join("; "),
    );
  return isCredential(name) ? hidden : short(value);
}

/** Beside all that end in "-control". */
const tellingOfResponse: ReadonlySet<string> = new Set([
  "age",
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
  "etag",
  "expires",
  "last-modified",
  "pragma",
  "set-cookie",
  "vary",
]);

/** What the cache itself has answered, since the origin did not, says nothing of the origin. */
function responseFieldsOf({ cache, origin, answered }: Exhibit): Lines {
  if (origin === undefined && cache === "ERROR") return [];
  const lines: Lines = [];
  for (const [written, value] of origin?.fields ?? answered ?? []) {
    const name = written.toLowerCase();
    if (lines.length === mostFields) break;
    if (name.endsWith("-control") || tellingOfResponse.has(name))
      lines.push([name, name === "set-cookie" ? setCookieShown(value) : short(value)]);
  }
  // It is said from one to the next, and is not among those that are sent from end to end.
  if (origin?.framing === "chunked") lines.push(["transfer-encoding", "chunked"]);
  return lines;
}

const mostFields = 40;

function setCookieShown(value: string): string {
  return `${short(value.split("=", 1)[0] ?? "")}=${hidden}`;
}

const longest = 200;

/** A copy: a part of a longer text would hold all of that. */
function short(text: string): string {
  return text.length <= longest
    ? text
    : `${Buffer.from(text.slice(0, longest), "latin1").toString("latin1")}…`;
}
