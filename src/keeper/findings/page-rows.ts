import { pageOfKey, targetOfKey } from "../../rules/cache-key.ts";
import type { Candidate } from "../ways.ts";

/** Rows of one path, all without a query or all with one: in the order of keys these lie together. */
export interface PathRows {
  readonly path: string;
  readonly rows: readonly Candidate[];
}

/** More are looked at in parts: nothing may grow with what clients make up. */
const mostRows = 4_000;

/** `candidates` come in the order of their keys. */
export function* rowsByPath(candidates: Iterable<Candidate>): Generator<PathRows, void> {
  let rows: Candidate[] = [];
  let start = "";
  for (const candidate of candidates) {
    const belongs = rows.length < mostRows && startsAlike(candidate.primaryKey, start);
    if (rows.length > 0 && belongs) {
      rows.push(candidate);
      continue;
    }
    if (rows.length > 0) yield { path: start.slice(0, -1), rows };
    rows = [candidate];
    start = startOf(candidate.primaryKey);
  }
  if (rows.length > 0) yield { path: start.slice(0, -1), rows };
}

/** The path with the "?" or the space behind it. */
function startOf(key: string): string {
  const target = targetOfKey(key);
  const query = target.indexOf("?");
  return key.slice(0, (query === -1 ? target.length : query) + 1);
}

function startsAlike(key: string, start: string): boolean {
  return start !== "" && key.startsWith(start);
}

/** What a key and a variant say, in pieces that can be left out one by one. */
export interface RowParts {
  readonly path: string;
  /** As they are written; null where there is no query. */
  readonly parameters: readonly string[] | null;
  /** " @shop shop.example": site and host, as they stand behind the target. */
  readonly whose: string;
  /** "https" among them. */
  readonly marks: readonly string[];
  /** "user-agent:curl", one a field in Vary. */
  readonly variant: readonly string[];
}

/** A field or a cookie of the request that a rule has in the key; undefined for any other mark. */
export function namedByMark(
  mark: string,
): { readonly by: "cookie" | "header"; readonly name: string } | undefined {
  const [, by, name = ""] = /^(cookie|header):([^=&]*)/.exec(mark) ?? [];
  return by === "cookie" || by === "header" ? { by, name } : undefined;
}

export function partsOf({ primaryKey, variantKey }: Candidate): RowParts {
  const target = targetOfKey(primaryKey);
  const query = target.indexOf("?");
  const page = pageOfKey(primaryKey);
  return {
    path: query === -1 ? target : target.slice(0, query),
    parameters: query === -1 ? null : target.slice(query + 1).split("&"),
    whose: page.slice(target.length),
    marks: primaryKey.slice(page.length).split(" +").slice(1),
    variant: variantKey === "" ? [] : variantKey.split("\n"),
  };
}

/** The parts as key and variant have them. */
export function keyOfParts({ path, parameters, whose, marks }: RowParts): string {
  return targetOfParts({ path, parameters }) + [whose, ...marks].join(" +");
}

export function targetOfParts({ path, parameters }: Pick<RowParts, "path" | "parameters">): string {
  return parameters === null || parameters.length === 0 ? path : `${path}?${parameters.join("&")}`;
}
