import { foldedCodings } from "../rules/coding.ts";
import { normalisedValue } from "../rules/negotiation.ts";
import { compileKeptCookies, type KeptCookies } from "./cookies.ts";
import type { FirstSaid } from "./first-said.ts";
import { heard } from "./heard.ts";
import { headerMark } from "./marks.ts";
import { compileQuery } from "./query.ts";
import type { RequestVerdict, SiteRequest } from "./site.ts";

/** What is made anew for each request that may be answered from the cache. */
export interface Tailoring {
  readonly rewrite: ((target: string) => string) | null;
  /** Null where the cookies stay as they are. */
  readonly keepCookies: ((cookie: string) => KeptCookies) | null;
  /** Of these the values are keyed. */
  readonly keyHeaders: readonly string[];
}

/** Null where there is nothing to do. */
export function compileTailoring(said: FirstSaid): Tailoring | null {
  const query = said.of("query");
  const cookies = said.of("cookies");
  const keyHeaders = said.of("keyHeaders") ?? [];
  const filter = query === undefined ? null : compileQuery(query);
  const rewrite = said.of("ignoreCase") === true ? inLowerCase(filter) : filter;
  const keepCookies = cookies === undefined || cookies === "pass" ? null : cookieKeeper(cookies);
  if (rewrite === null && keepCookies === null && keyHeaders.length === 0) return null;
  return { rewrite, keepCookies, keyHeaders };
}

/** The verdict itself wherever the request is what it would be made. */
export function compileTailored(
  verdict: RequestVerdict,
  { rewrite, keepCookies, keyHeaders }: Tailoring,
): (request: SiteRequest) => RequestVerdict {
  const plain: RequestVerdict = { ...verdict, areCookiesKeyed: keepCookies !== null };
  const bare: RequestVerdict = { ...plain, changes: { ...plain.changes, cookie: null } };
  return (request) => {
    const target = rewrite === null ? request.target : rewrite(request.target);
    const cookie = keepCookies === null ? null : request.fields.get("cookie");
    const kept = keepCookies === null || cookie === null ? null : keepCookies(cookie);
    const base = kept === null ? plain : kept.cookie === null ? bare : withCookies(plain, kept);
    const marks = keyHeaders.length === 0 ? [] : headerMarks(keyHeaders, base, request);
    if (target === request.target && marks.length === 0) return base;
    return { ...base, target, marks: [...base.marks, ...marks].sort() };
  };
}

function withCookies(plain: RequestVerdict, { cookie, marks }: KeptCookies): RequestVerdict {
  return { ...plain, changes: { ...plain.changes, cookie }, marks: [...plain.marks, ...marks].sort() };
}

function cookieKeeper(cookies: "ignore" | readonly string[]): (cookie: string) => KeptCookies {
  if (cookies === "ignore" || cookies.length === 0) return () => noCookies;
  return compileKeptCookies(cookies);
}

const noCookies: KeptCookies = { cookie: null, marks: [] };

/** The path only: what stands in a query is often told apart by case. */
function inLowerCase(filter: ((target: string) => string) | null): (target: string) => string {
  return (target) => {
    const filtered = filter === null ? target : filter(target);
    const query = filtered.indexOf("?");
    if (query === -1) return filtered.toLowerCase();
    return filtered.slice(0, query).toLowerCase() + filtered.slice(query);
  };
}

/** By what is sent, not by what the client said; nothing for a field that is not there. */
function headerMarks(names: readonly string[], verdict: RequestVerdict, { fields }: SiteRequest): string[] {
  const marks: string[] = [];
  for (const name of names) {
    const value = valueSent(name, verdict, fields);
    if (value !== null) marks.push(headerMark(name, normalisedValue(name, value)));
  }
  return marks;
}

function valueSent(name: string, verdict: RequestVerdict, fields: SiteRequest["fields"]): string | null {
  const { changes, foldsEncodings } = verdict;
  if (changes.remove.includes(name)) return null;
  const set = changes.set.find(([each]) => each === name);
  if (set !== undefined) return set[1];
  if (name === "cookie" && changes.cookie !== undefined) return changes.cookie;
  const value = heard(fields, name);
  return value !== null && name === "accept-encoding" && foldsEncodings ? foldedCodings(value) : value;
}
