import { afterEach, describe, expect, test } from "bun:test";
import { type ProxyOverrides, startProxy, type TestProxy } from "../proxy.ts";
import {
  heeding,
  html,
  httpDate,
  judged,
  loaded,
  noSite,
  requestOf,
  type Scene,
  shop,
  type Shown,
  withOrigin,
} from "./advised.ts";

/** What is advised is done, by the code that reads configurations, and then it is as was said. */

/** By the reason for which it is not stored, or not used as it could be. */
const unstored: readonly (readonly [reason: string, shown: Shown])[] = [
  ["no-lifetime", { response: html }],
  ["no-lifetime", { response: { "content-type": "text/css" }, target: "/a b/100%25/caf%C3%A9.css?v=2" }],
  ["no-lifetime", { response: html, target: '/%22quoted%22/*/[x]?"' }],
  ["no-lifetime", { response: html, request: [["Cookie", "session=1"]] }],
  ["no-lifetime", { response: html, request: [["Authorization", "x"]] }],
  ["no-lifetime", { response: html, status: 404 }],
  ["no-lifetime", { response: html, status: 404, request: [["Cookie", "session=1"]] }],
  ["unstated-lifetime-of-stream", { response: html, status: 404, framing: "chunked" }],
  ["never-fresh", { response: { ...html, "cache-control": "no-cache, max-age=0" }, status: 404 }],
  ["response-no-store", { response: { ...html, "cache-control": "no-store" }, status: 404 }],
  ["response-private", { response: { ...html, "cache-control": "private" }, status: 302 }],
  ["no-lifetime", { response: { ...html, "cache-control": "no-cache" } }],
  ["no-lifetime", { response: { ...html, "cache-control": "no-cache" }, request: [["Cookie", "session=1"]] }],
  ["unstated-lifetime-of-stream", { response: html, framing: "chunked" }],
  ["never-fresh", { response: { ...html, "cache-control": "max-age=0" } }],
  ["status-without-lifetime", { response: html, status: 302 }],
  ["status-without-lifetime", { response: html, status: 302, request: [["Cookie", "session=1"]] }],
  ["status-without-lifetime", { response: { ...html, "set-cookie": "session=1" }, status: 302 }],
  ["never-fresh", { response: { ...html, "cache-control": "max-age=0", "set-cookie": "session=1" } }],
  ["response-no-store", { response: { ...html, "cache-control": "no-store" } }],
  [
    "response-no-store",
    { response: { ...html, "cdn-cache-control": "no-store", "cache-control": "max-age=9" } },
  ],
  ["response-private", { response: { ...html, "cache-control": "private, max-age=300" } }],
  [
    "response-no-store",
    {
      response: { ...html, "surrogate-control": "no-store", "cache-control": "max-age=9" },
      targeted: "Surrogate-Control,CDN-Cache-Control",
    },
  ],
  [
    "response-no-store",
    { response: { ...html, "shop-cache-control": "no-store" }, targeted: "Shop-Cache-Control" },
  ],
  [
    "response-no-store",
    {
      response: { ...html, "cdn-cache-control": "max-age=60", "cache-control": "no-store" },
      targeted: "off",
    },
  ],
  ["set-cookie", { response: { ...html, "set-cookie": "session=1" } }],
  ["set-cookie", { response: { ...html, "set-cookie": "session=1", etag: '"a"' }, framing: "chunked" }],
  [
    "rule-set-cookie",
    {
      response: { ...html, "set-cookie": "session=1" },
      rules: '[[site.rule]]\nname = "mine"\nif = { path = "/blog/**" }\nlifetime = "5m"\n',
    },
  ],
  [
    "request-authorization",
    { response: { "cache-control": "max-age=60" }, request: [["Authorization", "x"]] },
  ],
  ["request-identity", { response: { "cache-control": "max-age=60" }, request: [["X-Api-Key", "x"]] }],
  [
    "request-sender",
    { response: { "last-modified": httpDate(100_000) }, request: [["Cookie", "session=1"]] },
  ],
  ["request-sender", { response: { ...html, etag: '"a"' }, request: [["Cookie", "session=1"]] }],
  ["vary-any", { response: { ...html, "cache-control": "max-age=60", vary: "*" } }],
  ["unframed", { response: { ...html, "cache-control": "max-age=60" }, framing: "close" }],
  ["too-large", { response: { "cache-control": "max-age=60", "content-length": "3000000000" } }],
  ["stored-for-validation", { response: { ...html, etag: '"a"' } }],
  ["stored-for-validation", { response: { ...html, etag: '"a"', "cache-control": "no-cache" } }],
  ["stored-for-validation", { response: { ...html, etag: '"a"' }, framing: "chunked" }],
  ["stored-for-stale-use", { response: { "cache-control": "max-age=0, stale-if-error=60" } }],
  ["stored-for-stale-use", { response: { ...html, "cache-control": "max-age=100", age: "200" } }],
  ["stored-heuristic", { response: { ...html, "last-modified": httpDate(100_000) } }],
];

describe("what is advised for a response has it stored, and fresh", () => {
  for (const [reason, shown] of unstored) {
    for (const scene of shown.rules === undefined ? [shop, noSite, withOrigin] : [shop]) {
      const { target = "/blog/post?page=2" } = shown;
      const where = scene === shop ? "with a site" : scene === noSite ? "without a file" : "with --origin";
      test(`${reason}, ${where}: ${JSON.stringify(shown.response)} of ${target}`, async () => {
        const before = beforeAdvice(scene, shown);
        const first = await judged(before, shown);
        expect(first.fetched?.reason).toBe(reason);
        const advice = first.advice.filter(({ copy }) => copy !== null);
        expect(advice).not.toBeEmpty();
        for (const each of advice) {
          const { fetched } = await judged(heeding(before, each), shown);
          expect([each.copy, fetched?.isStored, fetched?.reason]).toEqual([
            each.copy,
            true,
            expect.stringMatching(/^stored-(?!for-)/),
          ]);
        }
      });
    }
  }
});

/** What the operator and the origin have said already. */
function beforeAdvice(scene: Scene, { rules = "", targeted, response }: Shown): Scene {
  const flags = targeted === undefined ? {} : { targeted: { where: "--targeted", text: targeted } };
  return { ...scene, rules: rules + scene.rules, flags: { ...scene.flags, ...flags }, response };
}

describe("what may be one visitor's", () => {
  test.each([
    ["a cookie is set", { "cache-control": "private", "set-cookie": "a=b" }, []],
    ["the request has a cookie", { "cache-control": "private" }, [["Cookie", "session=1"]]],
    ["the request has a password", { "cache-control": "no-store" }, [["Authorization", "x"]]],
  ] as const)("is not forced where %s", async (_, response, request) => {
    const { advice } = await judged(
      { ...shop, response },
      { response, request: request.map(([a, b]) => [a, b]) },
    );
    expect(advice.map(({ where }) => where)).toEqual(["origin"]);
  });

  test("is forced with the word that everybody gets it", async () => {
    const { advice } = await judged({ ...shop, response: { "cache-control": "private" } }, { response: {} });
    const [forced] = advice.filter(({ copy }) => copy?.includes("force = true"));
    expect(forced?.text).toContain("gives one visitor's page to all others");
  });

  test.each(unstored)("has a word beside each rule that gives a lifetime: %s of %j", async (_, shown) => {
    const { advice } = await judged({ ...shop, response: shown.response }, shown);
    for (const { text, copy } of advice)
      if (/^(lifetime|default-lifetime) =/m.test(copy ?? ""))
        expect(text).toMatch(/every visitor gets the same|the same for everybody|for everybody/);
  });

  test("is never advised to be passed no more: rules that protect have no line to be copied", async () => {
    const rules = '[[site.rule]]\nname = "cart"\nif = { path = "/cart" }\npass = true\n';
    const { advice } = await judged({ ...shop, rules }, { response: {}, target: "/cart" });
    expect(advice).toMatchObject([{ where: "file", copy: null }]);
  });
});

interface Visit {
  readonly target?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

interface Course {
  readonly response: Readonly<Record<string, string>>;
  readonly before: readonly Visit[];
  /** Seconds between these and the last one. */
  readonly wait?: number;
  readonly last: Visit;
}

/** By the reason for which the origin is asked although there was a visit before. */
const missed: readonly (readonly [reason: string, course: Course])[] = [
  [
    "vary-miss",
    {
      response: { "cache-control": "max-age=60", vary: "Cookie" },
      before: [{ fields: { Cookie: "session=1" } }],
      last: { fields: { Cookie: "session=2" } },
    },
  ],
  [
    "vary-miss",
    {
      response: { "cache-control": "max-age=60", vary: "User-Agent" },
      before: [{ fields: { "User-Agent": "one" } }],
      last: { fields: { "User-Agent": "other" } },
    },
  ],
  [
    "sender-miss",
    {
      response: { "last-modified": httpDate(1_000_000) },
      before: [{}],
      last: { fields: { Cookie: "session=1" } },
    },
  ],
  [
    "identity-miss",
    { response: { "cache-control": "max-age=60" }, before: [{}], last: { fields: { "X-Api-Key": "x" } } },
  ],
  [
    "revalidate-stale",
    { response: { "cache-control": "max-age=60", etag: '"a"' }, before: [{}], wait: 61, last: {} },
  ],
  [
    "revalidate-must",
    { response: { "cache-control": "s-maxage=60", etag: '"a"' }, before: [{}], wait: 61, last: {} },
  ],
  ["revalidate-no-cache", { response: { "cache-control": "no-cache", etag: '"a"' }, before: [{}], last: {} }],
  [
    "request-no-cache",
    {
      response: { "cache-control": "max-age=60" },
      before: [{}],
      last: { fields: { "Cache-Control": "no-cache" } },
    },
  ],
  [
    "request-pragma",
    { response: { "cache-control": "max-age=60" }, before: [{}], last: { fields: { Pragma: "no-cache" } } },
  ],
  [
    "request-max-age",
    {
      response: { "cache-control": "max-age=60" },
      before: [{}],
      wait: 1,
      last: { fields: { "Cache-Control": "max-age=0" } },
    },
  ],
  [
    "miss",
    {
      response: { "cache-control": "max-age=60" },
      before: [{ target: "/blog/post?utm_source=one" }],
      last: { target: "/blog/post?utm_source=other" },
    },
  ],
];

describe("what is advised for a request has it answered from the cache", () => {
  let proxy: TestProxy | undefined;
  afterEach(() => proxy?.stop());

  test.each(missed)("%s: %j", async (reason, course) => {
    const scene = { ...shop, response: course.response };
    proxy = await proxyOf(scene);
    await visitAll(proxy, course);
    const { target, fields } = visitOf(course.last);
    const first = await proxy.explain({ ...requestOf(target, Object.entries(fields)), fetch: false });
    await proxy.stop();
    expect(first.outcome.reason).toBe(reason);
    const advice = first.advice.filter(({ copy }) => copy !== null);
    expect(advice).not.toBeEmpty();
    for (const each of advice) {
      proxy = await proxyOf(heeding(scene, each));
      await visitAll(proxy, course);
      const answer = await proxy.get(target, fields);
      expect([each.copy, answer.field("x-cache")]).toEqual([
        each.copy,
        expect.stringMatching(/^(HIT|STALE)$/),
      ]);
      await proxy.stop();
    }
  });

  async function proxyOf(scene: Scene): Promise<TestProxy> {
    const { plan } = await loaded(scene);
    const overrides: ProxyOverrides = { plan };
    return await startProxy(({ respond }) => void respond(200, { ...scene.response }, "page"), overrides);
  }
});

function visitOf({ target = "/blog/post", fields = {} }: Visit) {
  return { target, fields: { Host: "shop.example", ...fields } };
}

async function visitAll(proxy: TestProxy, { before, wait = 0 }: Course): Promise<void> {
  for (const each of before) {
    const { target, fields } = visitOf(each);
    expect((await proxy.get(target, fields)).status).toBe(200);
  }
  proxy.advance(wait);
}
