import { compileNetworks } from "../rules/networks.ts";
import { cookieCondition } from "./cookies.ts";
import { anyMatcher, type Matcher, nameMatcher, pathMatcher } from "../rules/glob.ts";
import { heard } from "./heard.ts";
import { hostName } from "./host-name.ts";
import type { Conditions } from "./plan.ts";
import { queryCondition } from "./query.ts";
import type { SiteRequest, SiteResponse } from "./site.ts";

export type RequestTest = (request: SiteRequest) => boolean;
export type ResponseTest = (response: SiteResponse) => boolean;

/** Conditions, all of which must hold, by what they ask; null where they ask nothing of it. */
export interface CompiledConditions {
  readonly path: Matcher | null;
  /** Of all of the request but its path. */
  readonly request: RequestTest | null;
  readonly response: ResponseTest | null;
  /** Requests with one and the same target and host may differ in what these conditions say of them. */
  readonly areUnkeyed: boolean;
  /** Whether they ask for a status. */
  readonly namesStatus: boolean;
}

export function compileConditions(conditions: Conditions, ignoreCase: boolean): CompiledConditions {
  const { path, query, header, cookie, client, method = [] } = conditions;
  const caseOf = (glob: string) => (ignoreCase ? glob.toLowerCase() : glob);
  return {
    path: path === undefined ? null : anyMatcher(path.map((glob) => pathMatcher(caseOf(glob)))),
    request: allOf(requestTests(conditions)),
    response: allOf(responseTests(conditions)),
    areUnkeyed:
      [query, header, cookie, client].some((each) => each !== undefined) ||
      (method.length > 0 && isNamed("GET", method) !== isNamed("HEAD", method)),
    namesStatus: conditions.status !== undefined,
  };
}

/** Those that cost least come first. */
function requestTests({ method, host, query, cookie, header, client }: Conditions): RequestTest[] {
  const tests: RequestTest[] = [];
  if (method !== undefined) tests.push((request) => isNamed(request.method, method));
  if (host !== undefined) {
    const matches = lowerCaseMatcher(host);
    tests.push((request) => matches(hostName(request.host)));
  }
  if (query !== undefined) {
    const holds = queryCondition(query);
    tests.push(({ target }) => holds(target));
  }
  if (cookie !== undefined) {
    const holds = cookieCondition(cookie);
    tests.push(({ fields }) => {
      const value = fields.get("cookie");
      return value !== null && holds(value);
    });
  }
  if (header !== undefined) {
    const tell = fieldTests(header);
    tests.push(({ fields }) => tell(fields));
  }
  if (client !== undefined) {
    const isIn = compileNetworks(client);
    tests.push(({ clientAddress }) => {
      const address = clientAddress();
      return address !== null && isIn(address);
    });
  }
  return tests;
}

function responseTests({ status, type, headerOut }: Conditions): ResponseTest[] {
  const tests: ResponseTest[] = [];
  if (status !== undefined) tests.push((response) => isOfStatus(response.status, status));
  if (type !== undefined) {
    const matches = lowerCaseMatcher(type);
    tests.push(({ fields }) => matches(mediaType(fields.get("content-type"))));
  }
  if (headerOut !== undefined) {
    const tell = fieldTests(headerOut);
    tests.push(({ fields }) => tell(fields));
  }
  return tests;
}

/** Case does not count in values: browsers and servers write theirs as they like. */
function fieldTests(
  globs: Readonly<Record<string, readonly string[]>>,
): (fields: SiteRequest["fields"]) => boolean {
  const tests = Object.entries(globs).map(([name, values]) => fieldTest(name, lowerCaseMatcher(values)));
  const [only] = tests;
  return only !== undefined && tests.length === 1 ? only : (fields) => tests.every((holds) => holds(fields));
}

function fieldTest(name: string, matches: Matcher): (fields: SiteRequest["fields"]) => boolean {
  return (fields) => {
    const value = heard(fields, name);
    return value !== null && matches(value);
  };
}

function lowerCaseMatcher(globs: readonly string[]): Matcher {
  const matches = anyMatcher(globs.map((glob) => nameMatcher(glob.toLowerCase())));
  return (text) => matches(text.toLowerCase());
}

function isNamed(method: string, methods: readonly string[]): boolean {
  return methods.some((each) => each.toUpperCase() === method);
}

/** "404", or "4xx". */
function isOfStatus(status: number, statuses: readonly string[]): boolean {
  return statuses.includes(String(status)) || statuses.includes(`${Math.floor(status / 100)}xx`);
}

/** Without parameters (RFC 9110 §8.3.1); "" where there is none. */
function mediaType(contentType: string | null): string {
  return contentType === null ? "" : (contentType.split(";", 1)[0] ?? "").trim();
}

function allOf<Subject>(
  tests: readonly ((subject: Subject) => boolean)[],
): ((subject: Subject) => boolean) | null {
  const [only] = tests;
  if (only === undefined) return null;
  return tests.length === 1 ? only : (subject) => tests.every((test) => test(subject));
}
