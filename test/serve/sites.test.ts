import { afterEach, describe, expect, test } from "bun:test";
import type { Plan, RulePlan, RuleSettings, SitePlan } from "../../src/sites/plan.ts";
import type { Script } from "../fixtures/origin.ts";
import { ask, type RawResponse, requestText } from "../fixtures/raw-client.ts";
import { always, cacheWord, planOf, type ProxyOverrides, startProxy, type TestProxy } from "./proxy.ts";

let proxy: TestProxy;
async function before(script: Script, plan: Plan, overrides: ProxyOverrides = {}): Promise<void> {
  proxy = await startProxy(script, { ...overrides, plan });
}
afterEach(() => proxy.stop());

const fresh = { "Cache-Control": "max-age=60", "Content-Type": "text/plain" };
/** Says which request it answers. */
const echo: Script = (exchange) => {
  const { method, target, field } = exchange.request;
  void exchange.respond(200, fresh, `${method} ${target} for ${field("host")}`);
};

function ruled(...rules: (Omit<RulePlan, "name"> & { readonly name?: string })[]): Plan {
  return planOf({ rules: rules.map((rule, number) => ({ name: `rule-${number + 1}`, ...rule })) });
}

function saying(settings: RuleSettings): Plan {
  return ruled({ settings });
}

const words = (...answers: RawResponse[]) => answers.map(cacheWord);
const targets = () => proxy.origin.requests.map(({ target }) => target);
const sent = (name: string) => proxy.origin.requests.map(({ field }) => field(name));
const status = (answer: RawResponse) => answer.field("cache-status") ?? "";

describe("sites", () => {
  const shop: Partial<SitePlan> = { name: "shop", hosts: ["shop.test", "*.shop.test"], preserveHost: true };
  const blog: Partial<SitePlan> = { name: "blog", hosts: ["blog.test"], preserveHost: true };
  const both = (): Plan => ({ sites: [...planOf(shop).sites, ...planOf(blog).sites], top: {} });
  const at = (host: string, target = "/page") => proxy.get(target, { Host: host });

  test("a host that none names is a 421, by the short cut and by the long way", async () => {
    await before(echo, both());
    for (const host of ["other.test", "test", "", "xshop.test"]) {
      const answer = await at(host);
      expect([host, answer.status]).toEqual([host, host === "" ? 421 : 421]);
    }
    expect(status(await at("other.test"))).toContain("detail=host-unknown");
    expect(proxy.origin.requests).toHaveLength(0);
  });

  test("each has responses of its own, and the log says whose they are", async () => {
    await before(echo, both(), { options: { showKey: true } });
    const answers = [
      await at("shop.test"),
      await at("blog.test"),
      await at("shop.test"),
      await at("www.shop.test"),
    ];
    expect(words(...answers)).toEqual(["MISS", "MISS", "HIT", "MISS"]);
    expect(status(answers[2] as RawResponse)).toContain('key="/page @shop shop.test"');
    await proxy.untilServed(4);
    expect(proxy.served.map(({ site }) => site)).toEqual(["shop", "blog", "shop", "shop"]);
  });

  test("what a POST of one makes invalid is whole in the other", async () => {
    const named = { ...shop, preserveHost: false };
    await before(echo, {
      sites: [...planOf(named).sites, ...planOf({ ...blog, preserveHost: false }).sites],
      top: {},
    });
    await at("shop.test");
    await at("blog.test");
    await ask(proxy.port, requestText("POST", "/page", { Host: "shop.test", "Content-Length": "0" }));
    expect(words(await at("shop.test"), await at("blog.test"))).toEqual(["MISS", "HIT"]);
  });

  test("another plan answers from the next request on", async () => {
    await before(echo, both());
    await at("shop.test");
    proxy.usePlan(planOf({ ...shop, rules: [{ name: "closed", settings: { deny: 410 } }] }));
    expect((await at("shop.test")).status).toBe(410);
    proxy.usePlan(both());
    expect(words(await at("shop.test"))).toEqual(["HIT"]);
  });
});

describe("a rule about the request", () => {
  test("denies, and says which rule did", async () => {
    await before(echo, ruled({ name: "secret", if: { path: ["/.git/**"] }, settings: { deny: 404 } }));
    const answer = await proxy.get("/.git/config");
    expect([answer.status, answer.field("x-cache"), status(answer)]).toEqual([
      404,
      "RULE",
      "cacheproxy; rule=secret; detail=rule-deny",
    ]);
    expect(words(await proxy.get("/page"))).toEqual(["MISS"]);
    expect(targets()).toEqual(["/page"]);
  });

  test("sends visitors to https, and not those who are there", async () => {
    await before(echo, saying({ redirect: { to: "https" } }), { trust: ["127.0.0.1"] });
    const answer = await proxy.get("/page?a=1");
    expect([answer.status, answer.field("location")]).toEqual([301, "https://cache.test/page?a=1"]);
    const secure = await proxy.get("/page?a=1", { "X-Forwarded-Proto": "https" });
    expect([secure.status, cacheWord(secure)]).toEqual([200, "MISS"]);
    expect(sent("x-forwarded-proto")).toEqual(["https"]);
  });

  test('sends visitors to what they have asked for, not to what "/" asks for instead', async () => {
    const redirect = { to: "https" } as const;
    await before(echo, planOf({ index: "index.html", rules: [{ name: "tls", settings: { redirect } }] }));
    expect((await proxy.get("/")).field("location")).toBe("https://cache.test/");
  });

  test("passes on: nothing is looked up, joined or stored", async () => {
    await before(echo, ruled({ if: { cookie: ["member_*"] }, settings: { pass: true } }));
    await proxy.get("/page");
    const member = { Cookie: "a=1; member_7=x" };
    const answers = [
      await proxy.get("/page", member),
      await proxy.get("/page", member),
      await proxy.get("/page"),
    ];
    expect(words(...answers)).toEqual(["PASS", "PASS", "HIT"]);
    expect(status(answers[0] as RawResponse)).toContain("rule=rule-1; detail=rule-pass");
    expect(sent("cookie")).toEqual([null, member.Cookie, member.Cookie]);
  });

  test.each([
    ["passed", { if: { cookie: ["member_*"] }, settings: { pass: true } }, { Cookie: "member_7=x" }],
    ["keyed by a field", { settings: { keyHeaders: ["x-kind"] } }, { "X-Kind": "1" }],
    ["keyed by a cookie", { settings: { cookies: ["lang"] } }, { Cookie: "lang=de; session=7" }],
    ["without cookies", { settings: { cookies: "ignore" } }, { Cookie: "session=7" }],
  ] as const)("no answer to a POST is kept for a GET that is %s", async (_, rule, fields) => {
    const located = { ...fresh, "Content-Location": "/page" };
    await before((exchange) => void exchange.respond(200, located, exchange.request.method), ruled(rule));
    await ask(proxy.port, requestText("POST", "/page", { ...fields, "Content-Length": "0" }));
    const answer = await proxy.get("/page");
    expect([cacheWord(answer), answer.text]).toEqual(["MISS", "GET"]);
  });

  test("what of the query is ignored is neither keyed nor sent", async () => {
    await before(echo, saying({ query: { ignore: ["utm_*"] } }));
    const answers = [await proxy.get("/page?utm_source=a&x=1"), await proxy.get("/page?x=1&utm_medium=b")];
    expect(words(...answers)).toEqual(["MISS", "HIT"]);
    expect(targets()).toEqual(["/page?x=1"]);
    await ask(proxy.port, requestText("POST", "/page?utm_source=a", { "Content-Length": "0" }));
    expect(targets()[1]).toBe("/page?utm_source=a");
  });

  test("of the cookies those alone are sent that are part of the key", async () => {
    await before(
      (exchange) => void exchange.respond(200, fresh, exchange.request.field("cookie") ?? "none"),
      saying({ cookies: ["currency"] }),
    );
    const withCookie = (Cookie: string) => proxy.get("/page", { Cookie });
    const answers = [
      await withCookie("session=1; currency=EUR"),
      await withCookie("currency=EUR; session=2"),
      await withCookie("currency=USD"),
      await withCookie("session=3"),
      await proxy.get("/page"),
    ];
    expect(answers.map(({ text }) => text)).toEqual([
      "currency=EUR",
      "currency=EUR",
      "currency=USD",
      "none",
      "none",
    ]);
    expect(words(...answers)).toEqual(["MISS", "HIT", "MISS", "MISS", "HIT"]);
  });

  test("ignored cookies are not sent, and tell of nobody", async () => {
    const guessed = { "Last-Modified": "Wed, 01 Jan 2025 12:00:00 GMT", "Content-Type": "text/plain" };
    await before(always(200, guessed), saying({ cookies: "ignore" }));
    const answers = [
      await proxy.get("/page", { Cookie: "session=1" }),
      await proxy.get("/page", { Cookie: "session=2" }),
    ];
    expect(words(...answers)).toEqual(["MISS", "HIT"]);
    expect(sent("cookie")).toEqual([null]);
  });

  test("request fields that are part of the key", async () => {
    await before(
      (exchange) => void exchange.respond(200, fresh, exchange.request.field("rsc") ?? "page"),
      saying({ keyHeaders: ["rsc"] }),
    );
    const answers = [
      await proxy.get("/page"),
      await proxy.get("/page", { RSC: "1" }),
      await proxy.get("/page"),
    ];
    expect(answers.map(({ text }) => text)).toEqual(["page", "1", "page"]);
    expect(words(...answers)).toEqual(["MISS", "MISS", "HIT"]);
  });

  test("a field with an underscore that is kept is keyed as its twin", async () => {
    await before(
      (exchange) => void exchange.respond(200, fresh, exchange.request.field("x_kind") ?? "page"),
      saying({ keyHeaders: ["x-kind"] }),
      { options: { underscoreFields: "keep" } },
    );
    const answers = [
      await proxy.get("/page", { X_Kind: "1" }),
      await proxy.get("/page"),
      await proxy.get("/page", { X_Kind: "1" }),
      await proxy.get("/page", { X_Kind: "2", Connection: "x_kind" }),
    ];
    expect(answers.map(({ text }) => text)).toEqual(["1", "page", "1", "page"]);
    expect(words(...answers)).toEqual(["MISS", "MISS", "HIT", "HIT"]);
  });

  test("what it sets and removes is what the origin gets, and who it holds for has responses of his own", async () => {
    await before(
      (exchange) => void exchange.respond(200, fresh, exchange.request.field("x-tier") ?? "none"),
      ruled({
        if: { header: { "x-beta": ["yes"] } },
        settings: { setRequest: { "x-tier": "beta" }, removeRequest: ["accept-language"] },
      }),
    );
    const beta = { "X-Beta": "yes", "Accept-Language": "de", "X-Tier": "forged" };
    const answers = [
      await proxy.get("/page"),
      await proxy.get("/page", beta),
      await proxy.get("/page", beta),
    ];
    expect(answers.map(({ text }) => text)).toEqual(["none", "beta", "beta"]);
    expect(words(...answers)).toEqual(["MISS", "MISS", "HIT"]);
    expect(sent("accept-language")).toEqual([null, null]);
  });

  test("clients' Cache-Control is heard or not", async () => {
    await before(echo, ruled({ if: { path: ["/deaf"] }, settings: { clientCacheControl: "ignore" } }));
    const ask = (target: string) => proxy.get(target, { "Cache-Control": "no-cache" });
    await proxy.get("/deaf");
    await proxy.get("/heard");
    expect(words(await ask("/deaf"), await ask("/heard"))).toEqual(["HIT", "MISS"]);
  });
});

describe("a rule about the response", () => {
  test("gives a lifetime over what the origin says, and is told with each hit", async () => {
    const plan = ruled({
      name: "assets",
      if: { path: ["/static/**"], status: ["200"] },
      settings: { lifetime: 3_600_000 },
    });
    await before(always(200, { ...fresh, "Cache-Control": "no-cache" }), plan);
    const answers = [await proxy.get("/static/a.css"), await proxy.get("/static/a.css")];
    expect(answers.map(status)).toEqual([
      "cacheproxy; fwd=uri-miss; fwd-status=200; stored; ttl=3600; rule=assets; detail=stored-rule",
      "cacheproxy; hit; ttl=3600; rule=assets; detail=hit-fresh",
    ]);
    expect(status(await proxy.get("/page"))).not.toContain("rule=");
  });

  test("says what it says of requests of all whose response it may hold for", async () => {
    const said = { lifetime: 600_000, query: { keep: ["v"] }, cookies: "ignore" } as const;
    await before(echo, ruled({ if: { path: ["/static/**"], status: ["200"] }, settings: said }));
    const answers = [
      await proxy.get("/static/a.css?v=1&x=2", { Cookie: "session=1" }),
      await proxy.get("/static/a.css?v=1&x=3", { Cookie: "session=2" }),
    ];
    expect(words(...answers)).toEqual(["MISS", "HIT"]);
    expect([targets(), sent("cookie")]).toEqual([["/static/a.css?v=1"], [null]]);
  });

  test("that speaks of GET alone counts for the answer to a POST that a GET would be given", async () => {
    const stated = { ...fresh, "Content-Location": "/page" };
    await before(always(200, stated), ruled({ if: { method: ["GET", "HEAD"] }, settings: { store: false } }));
    await ask(proxy.port, requestText("POST", "/page", { "Content-Length": "0" }));
    expect(words(await proxy.get("/page"))).toEqual(["MISS"]);
  });

  test("has a response not stored", async () => {
    await before(echo, ruled({ if: { type: ["text/*"] }, settings: { store: false } }));
    expect(words(await proxy.get("/page"), await proxy.get("/page"))).toEqual(["MISS", "MISS"]);
  });

  test("sets and removes fields, also of what a 304 brings", async () => {
    const fields = { ...fresh, ETag: '"v1"', Server: "secret/1.0" };
    await before(
      always(200, fields),
      ruled({
        if: { status: ["200"] },
        settings: { removeResponse: ["server"], setResponse: { "x-frame-options": "DENY" } },
      }),
    );
    const told = (answer: RawResponse) => [
      cacheWord(answer),
      answer.field("server"),
      answer.field("x-frame-options"),
    ];
    expect(told(await proxy.get("/page"))).toEqual(["MISS", null, "DENY"]);
    proxy.advance(61);
    proxy.origin.answer(
      ({ send }) =>
        void send(
          'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\nServer: secret/1.1\r\nCache-Control: max-age=60\r\n\r\n',
        ),
    );
    expect(told(await proxy.get("/page"))).toEqual(["REVALIDATED", null, "DENY"]);
    expect(told(await proxy.get("/page"))).toEqual(["HIT", null, "DENY"]);
  });

  test("takes Set-Cookie away before it is decided what is stored", async () => {
    await before(
      always(200, { "Content-Type": "text/plain", "Set-Cookie": "visit=1" }),
      saying({ removeSetCookie: true, lifetime: 60_000 }),
    );
    const answers = [await proxy.get("/page"), await proxy.get("/page")];
    expect(words(...answers)).toEqual(["MISS", "HIT"]);
    expect(answers.map((answer) => answer.field("set-cookie"))).toEqual([null, null]);
  });

  test("that holds for some senders alone has its responses keyed apart", async () => {
    let count = 0;
    await before(
      (exchange) => void exchange.respond(200, fresh, `${++count}`),
      ruled({ if: { cookie: ["beta"] }, settings: { lifetime: 600_000 } }),
    );
    const beta = { Cookie: "beta=1" };
    const answers = [
      await proxy.get("/page", beta),
      await proxy.get("/page"),
      await proxy.get("/page", beta),
      await proxy.get("/page"),
    ];
    expect(answers.map(({ text }) => text)).toEqual(["1", "2", "1", "2"]);
  });
});

describe("Accept-Encoding", () => {
  const varying: Script = (exchange) =>
    void exchange.respond(
      200,
      { ...fresh, Vary: "Accept-Encoding" },
      exchange.request.field("accept-encoding") ?? "none",
    );
  const asking = (coding: string) => proxy.get("/page", { "Accept-Encoding": coding });

  test("is folded into what an origin can differ by, so that browsers share copies", async () => {
    await before(varying, planOf({}));
    const answers = [
      await asking("gzip, deflate, br, zstd"),
      await asking("br;q=1.0, gzip;q=0.8, zstd;q=0.5, *;q=0.1"),
    ];
    expect(words(...answers).slice(0, 1)).toEqual(["MISS"]);
    expect(
      words(await asking("gzip, deflate, br, zstd"), await asking("gzip,deflate,compress,br,zstd")),
    ).toEqual(["HIT", "HIT"]);
  });

  test("is sent as it came where nothing is looked up", async () => {
    await before(varying, ruled({ if: { path: ["/passed"] }, settings: { pass: true } }));
    const fields = { "Accept-Encoding": "gzip, deflate" };
    await proxy.get("/passed", fields);
    await ask(proxy.port, requestText("POST", "/page", { ...fields, "Content-Length": "0" }));
    expect(sent("accept-encoding")).toEqual(["gzip, deflate", "gzip, deflate"]);
  });

  test("is sent as it came where the operator says so", async () => {
    await before(varying, planOf({}, { foldEncodings: false }));
    expect((await asking("gzip, deflate")).text).toBe("gzip, deflate");
  });
});
