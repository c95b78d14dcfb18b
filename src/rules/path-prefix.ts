import type { FieldList } from "./fields.ts";

/** Where an origin has its pages, and by which names it may call itself. */
export interface Place {
  /** What the origin's paths begin with, and the client's do not: "/app". */
  readonly prefix: string;
  /** Scheme and authority of each origin: "http://127.0.0.1:8000". */
  readonly origins: readonly string[];
  /** The host that the client asked, as it is keyed; "" where it named none. */
  readonly host: string;
}

/**
 * The fields of an answer as the client has to read them: Location and Content-Location without what stands before every
 * path of the origin (RFC 9110 §10.2.2, §8.7). "/app/login" would be asked for as "/app/app/login". What is outside
 * of the prefix, or of another server, stays as it is, and so do cookies' paths and what stands in a body.
 */
export function withoutPathPrefix(fields: FieldList, place: Place): FieldList {
  return fields.map(([name, value]) =>
    name === "location" || name === "content-location"
      ? [name, clientReference(value, place)]
      : [name, value],
  );
}

/** An absolute URL, one without its scheme, or a path from the root; others mean the same with and without the prefix. */
const referenceForm = /^((?:https?:)?\/\/([^/?#\\]*))?(\/[^?#]*)(.*)$/is;

function clientReference(reference: string, { prefix, origins, host }: Place): string {
  const [, start = "", authority = "", path = "", rest = ""] = referenceForm.exec(reference) ?? [];
  if (path !== prefix && !path.startsWith(`${prefix}/`)) return reference;
  const named = authority.toLowerCase();
  const isItsOwn = start !== "" && origins.some((origin) => `//${named}` === origin.replace(/^https?:/, ""));
  if (start !== "" && !isItsOwn && (host === "" || named !== host)) return reference;
  // The client knows the origin by this server's name only.
  return (isItsOwn ? "" : start) + rooted(path.slice(prefix.length)) + rest;
}

/**
 * A path that begins with one slash. "//evil.test" would be another server, and so it is to browsers with a backslash, or with
 * a tab between the slashes.
 */
function rooted(path: string): string {
  if (path === "") return "/";
  return /^\/[\t\n\r]*[/\\]/.test(path) ? `/.${path}` : path;
}
