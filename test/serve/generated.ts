import fc from "fast-check";
import type { Conditions, Plan, RulePlan, RuleSettings } from "../../src/sites/plan.ts";
import { requestText } from "../fixtures/raw-client.ts";
import { conditions as fieldSets, responses } from "./agreement-samples.ts";
import { planOf } from "./proxy.ts";

/** Configurations that nobody has thought of, and conversations with what they configure. */

export const paths = Object.keys(responses);
const queries = [
  "",
  "?",
  "?v=1",
  "?utm_source=a&v=1",
  "?v=1&utm_source=b&x",
  "?x&v=1",
  "?%75tm_source=a",
  "?preview=true",
];
const moreFields: readonly Record<string, string>[] = [
  { Cookie: "currency=EUR" },
  { Cookie: "currency=EUR; session=1" },
  { Cookie: "session=2; currency=USD; currency=EUR" },
  { Cookie: "member_1=a" },
  { Cookie: "_ga=1; member_1" },
  { "X-Beta": "yes" },
  { "X-Beta": "no", Cookie: "session=3" },
  { RSC: "1" },
  { "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7" },
  { "X-Forwarded-For": "198.51.100.1", "X-Forwarded-Host": "www.cache.test" },
  { "Accept-Encoding": "gzip, deflate, br, zstd" },
  { "Accept-Encoding": "br;q=0.5, gzip" },
  { Host: "www.cache.test" },
  { Host: "unknown.example" },
];

const condition = fc.oneof<fc.Arbitrary<Conditions>[]>(
  fc.constantFrom(...paths, "/**", "/v*", "/*e", "/VARIES").map((path) => ({ path: [path] })),
  fc.constantFrom("utm_*", "v", "preview").map((query) => ({ query: [query] })),
  fc.constantFrom("cache.test", "www.*", "*.cache.test").map((host) => ({ host: [host] })),
  fc.constantFrom("GET", "HEAD", "POST").map((method) => ({ method: [method] })),
  fc.constantFrom("yes", "*").map((value) => ({ header: { "x-beta": [value] } })),
  fc.constantFrom("member_*", "currency", "*").map((cookie) => ({ cookie: [cookie] })),
  fc.constantFrom("127.0.0.0/8", "192.0.2.0/24").map((client) => ({ client: [client] })),
  fc.constantFrom("200", "4xx", "301").map((status) => ({ status: [status] })),
  fc.constantFrom("text/*", "application/octet-stream").map((type) => ({ type: [type] })),
);

const settings = fc.oneof<fc.Arbitrary<RuleSettings>[]>(
  fc.constantFrom<RuleSettings>(
    { pass: true },
    { deny: 403 },
    { redirect: { to: "https" } },
    { redirect: { to: "/plain", status: 302 } },
    { cookies: "ignore" },
    { cookies: "pass" },
    { cookies: ["currency"] },
    { query: { ignore: ["utm_*"] } },
    { query: { keep: ["v"], sort: true } },
    { keyHeaders: ["rsc", "x-beta"] },
    { ignoreCase: true },
    { setRequest: { "x-kind": "a" } },
    { removeRequest: ["accept-language", "x-kind"] },
    { clientCacheControl: "ignore" },
    { foldEncodings: false },
    { lifetime: 30_000 },
    { lifetime: 600_000, force: true },
    { maxLifetime: 10_000 },
    { errorLifetime: 20_000 },
    { heuristic: false },
    { staleWhileRevalidate: 20_000 },
    { store: false },
    { removeSetCookie: true },
    { setResponse: { "x-frame-options": "DENY", "cache-control": "max-age=5" } },
    { removeResponse: ["etag", "x-bytes"] },
  ),
);

const rule: fc.Arbitrary<Omit<RulePlan, "name">> = fc.record(
  { if: condition, unless: condition, settings },
  { requiredKeys: ["settings"] },
);

export const plan: fc.Arbitrary<Plan> = fc
  .record({
    name: fc.constantFrom("", "shop"),
    rules: fc.array(rule, { maxLength: 5 }),
    settings,
    isSaid: fc.boolean(),
  })
  .map(({ name, rules, settings: said, isSaid }) =>
    planOf({
      name,
      hosts: name === "" ? [] : ["cache.test", "*.cache.test"],
      rules: rules.map((each, number) => ({ ...each, name: `rule-${number + 1}` })),
      settings: isSaid ? said : {},
    }),
  );

/** A request as it goes over the wire, and how long after the one before. */
export interface Asked {
  readonly text: string;
  readonly seconds: number;
}

// Bun's server refuses two lengths by itself: nobody logs that.
export const allFields: readonly Record<string, string>[] = [
  ...moreFields,
  ...moreFields,
  ...fieldSets,
].filter((fields) => !("Content-Length" in fields));

/** Few paths and few kinds of clients at a time, so that most of what is asked is stored already. */
export function conversationAbout(
  paths: readonly string[],
  allFields: readonly Record<string, string>[],
): fc.Arbitrary<readonly Asked[]> {
  return fc
    .record({
      paths: fc.array(fc.constantFrom(...paths), { minLength: 1, maxLength: 3 }),
      queries: fc.array(fc.constantFrom(...queries), { minLength: 1, maxLength: 3 }),
      fieldSets: fc.array(fc.constantFrom(...allFields), { minLength: 1, maxLength: 5 }),
    })
    .chain((few) =>
      fc.array(
        fc
          .record({
            method: fc.constantFrom("GET", "GET", "GET", "GET", "GET", "HEAD", "POST"),
            path: fc.constantFrom(...few.paths),
            query: fc.constantFrom(...few.queries),
            fields: fc.constantFrom({}, ...few.fieldSets),
            seconds: fc.constantFrom(0, 0, 0, 0, 0, 4, 20),
          })
          .map(askedOf),
        { minLength: 20, maxLength: 50 },
      ),
    );
}

function askedOf({
  method,
  path,
  query,
  fields,
  seconds,
}: Record<"method" | "path" | "query", string> & {
  readonly fields: Record<string, string>;
  readonly seconds: number;
}): Asked {
  const length = method === "POST" ? { "Content-Length": "0" } : {};
  return { text: requestText(method, path + query, { ...fields, ...length }), seconds };
}
