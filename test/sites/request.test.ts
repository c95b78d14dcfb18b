import { describe, expect, test } from "bun:test";
import type { Conditions, RuleSettings, SitePlan } from "../../src/sites/plan.ts";
import type { SiteRequest } from "../../src/sites/site.ts";
import { headerMark } from "../../src/sites/marks.ts";
import { compileSites } from "../../src/sites/table.ts";
import { identity, planOf, requestOf, rules, site, verdictOf } from "./plans.ts";

describe("a rule holds where all its conditions do, and of a list one", () => {
  const cases: [if_: Conditions, request: SiteRequest, holds: boolean][] = [
    [{}, requestOf("/"), true],
    [{ path: ["/a", "/b/**"] }, requestOf("/b/c?d"), true],
    [{ path: ["/a", "/b/**"] }, requestOf("/c"), false],
    [{ path: ["/a"] }, requestOf("/A"), false],
    [{ path: ["/a"], query: ["x"] }, requestOf("/a?x=1"), true],
    [{ path: ["/a"], query: ["x"] }, requestOf("/a?y=1"), false],
    [{ host: ["*.example"] }, requestOf("/", {}, { host: "shop.example:8080" }), true],
    [{ host: ["shop.*"] }, requestOf("/", {}, { host: "www.shop.example" }), false],
    [{ method: ["GET", "POST"] }, requestOf("/", {}, { method: "POST" }), true],
    [{ method: ["post"] }, requestOf("/", {}, { method: "POST" }), true],
    [{ method: ["POST"] }, requestOf("/"), false],
    [{ cookie: ["member_*"] }, requestOf("/", { cookie: "a=1; member_x=2" }), true],
    [{ cookie: ["member_*"] }, requestOf("/", { cookie: "a=1" }), false],
    [{ cookie: ["*"] }, requestOf("/"), false],
    [{ header: { "user-agent": ["*bot*"] } }, requestOf("/", { "user-agent": "GoogleBot/2" }), true],
    [{ header: { "user-agent": ["*bot*"], rsc: ["1"] } }, requestOf("/", { "user-agent": "bot" }), false],
    [{ header: { rsc: ["*"] } }, requestOf("/"), false],
    [{ client: ["10.0.0.0/8", "192.0.2.1"] }, requestOf("/"), true],
    [{ client: ["10.0.0.0/8"] }, requestOf("/"), false],
    [{ client: ["0.0.0.0/0"] }, requestOf("/", {}, { clientAddress: () => null }), false],
  ];
  test.each(cases)("%j", (conditions, request, holds) => {
    const passing = { rules: rules({ if: conditions, settings: { pass: true } }) };
    expect(verdictOf(passing, request).act.kind).toBe(holds ? "pass" : "serve");
    const excepted = { rules: rules({ unless: conditions, settings: { pass: true } }) };
    expect(verdictOf(excepted, request).act.kind).toBe(holds ? "serve" : "pass");
  });

  const said: [act: string, settings: RuleSettings, told: string[]][] = [
    ["deny", { deny: 404 }, ["act"]],
    ["redirect", { redirect: { to: "https" } }, ["act"]],
    ["pass", { pass: true }, ["act", "fields"]],
  ];
  test.each(said)(
    "and where a request is not served, only who has it so is told: %s",
    (act, settings, told) => {
      const plan = {
        rules: rules(
          { name: "act", settings },
          { name: "query", settings: { query: { ignore: ["a"] }, cookies: "ignore", lifetime: 1000 } },
          { name: "fields", settings: { setRequest: { "x-kind": "a" } } },
        ),
      };
      const verdict = verdictOf(plan, requestOf("/?a=1"));
      expect([verdict.act.kind, verdict.rules]).toEqual([act as "pass", told]);
      expect(verdict.forResponse({ status: 200, fields: requestOf("/").fields }).rules).toEqual([]);
    },
  );

  test("but for the exception, where all of its conditions hold", () => {
    const plan = {
      rules: rules({
        if: { path: ["/a/**"] },
        unless: { path: ["/a/b"], cookie: ["c"] },
        settings: { pass: true },
      }),
    };
    const acts = [
      requestOf("/a/b"),
      requestOf("/a/b", { cookie: "c=1" }),
      requestOf("/a/c", { cookie: "c=1" }),
    ];
    expect(acts.map((request) => verdictOf(plan, request).act.kind)).toEqual(["pass", "serve", "pass"]);
  });
});

describe("a path that servers read in different ways", () => {
  const plan = {
    rules: rules(
      { name: "admin", if: { path: ["/wp-admin/**"] }, settings: { pass: true } },
      { name: "static", if: { path: ["/static/**", "*.css"] }, settings: { cookies: "ignore" } },
      { name: "open", if: { path: ["/wp-admin/open"] }, settings: { pass: false } },
      {
        name: "all but one",
        unless: { path: ["/free"] },
        settings: { keyHeaders: ["x"], clientCacheControl: "ignore" },
      },
    ),
  };
  test.each([
    ["/wp-admin/a", "pass"],
    ["//wp-admin/a", "pass"],
    ["/x/..%2fwp-admin/a", "pass"],
    ["/wp-%61dmin/a", "pass"],
    ["/wp-admin;x/a", "pass"],
    ["/static/..%2fwp-admin/a", "pass"],
    ["/wp-admin/..%2fstatic/a", "pass"],
    ["/wp-admin%00/a", "serve"],
  ])("is under caution where one way to read it is: %s: %s", (path, act) => {
    expect(verdictOf(plan, requestOf(path)).act.kind).toBe(act as "pass");
  });
  test.each([
    ["/static/a", true],
    ["/static//a", true],
    ["/a.css", true],
    ["/static/..%2faccount", false],
    ["/account;a.css", false],
    ["/account%2f..%2fstatic/a", false],
  ])("is permitted only what each way to read it is: %s: %j", (path, isPermitted) => {
    expect(verdictOf(plan, requestOf(path)).areCookiesKeyed).toBe(isPermitted);
  });
  test("and an exception from caution needs both, from permission one", () => {
    const said = (path: string) => {
      const { marks, clientCacheControl } = verdictOf(plan, requestOf(path, { x: "1" }));
      return [marks, clientCacheControl];
    };
    expect(said("/a")).toEqual([["header:x=1"], "ignore"]);
    expect(said("/free")).toEqual([[], undefined]);
    expect(said("//free")).toEqual([["header:x=1"], undefined]);
  });
});

describe("for each setting the first who says it decides: rules, the site, presets, the top", () => {
  const say = (clientCacheControl: "honour" | "ignore") => ({ clientCacheControl });
  const never = { path: ["/never"] };
  const cases: [
    plan: Partial<SitePlan>,
    top: RuleSettings,
    said: "honour" | "ignore" | undefined,
    told: string[],
  ][] = [
    [{ rules: rules({ settings: say("ignore") }, { settings: say("honour") }) }, {}, "ignore", ["1"]],
    [
      { rules: rules({ if: never, settings: say("ignore") }, { settings: say("honour") }) },
      {},
      "honour",
      ["2"],
    ],
    [
      { rules: rules({ settings: { foldEncodings: true } }), settings: say("ignore") },
      say("honour"),
      "ignore",
      ["1"],
    ],
    [{ settings: say("ignore"), presetRules: rules({ settings: say("honour") }) }, {}, "ignore", []],
    [
      { presetRules: rules({ name: "wordpress-1", settings: say("ignore") }) },
      say("honour"),
      "ignore",
      ["wordpress-1"],
    ],
    [{ presetRules: rules({ if: never, settings: say("ignore") }) }, say("honour"), "honour", []],
    [{}, {}, undefined, []],
  ];
  test.each(cases)("%j, %j: %s by %j", (plan, top, said, told) => {
    const verdict = verdictOf(plan, requestOf("/"), top);
    expect([verdict.clientCacheControl, verdict.rules]).toEqual([said, told]);
  });

  test("of fields each is a setting of its own", () => {
    const plan = {
      rules: rules(
        { settings: { setRequest: { a: "1", b: "1" } } },
        { settings: { removeRequest: ["b", "c"] } },
      ),
      settings: { setRequest: { c: "3", d: "3" } },
    };
    expect(verdictOf(plan, requestOf("/")).changes).toEqual({
      set: [
        ["a", "1"],
        ["b", "1"],
        ["d", "3"],
      ],
      remove: ["c"],
    });
  });
});

describe("what is done with a request", () => {
  const acted = (settings: RuleSettings, request = requestOf("/a?b")) => verdictOf({ settings }, request).act;
  test("it is refused before it is sent elsewhere, and that before it is passed", () => {
    const redirect = { to: "/new", status: 302 };
    expect(acted({ deny: 410, redirect, pass: true })).toEqual({ kind: "deny", status: 410 });
    expect(acted({ redirect, pass: true })).toEqual({ kind: "redirect", location: "/new", status: 302 });
    expect(acted({ pass: true })).toEqual({ kind: "pass" });
  });
  test.each<[changes: Partial<SiteRequest>, act: object]>([
    [{}, { kind: "redirect", location: "https://shop.example/a?b", status: 301 }],
    [{ method: "POST" }, { kind: "redirect", location: "https://shop.example/a?b", status: 308 }],
    [{ host: "[::1]:8080" }, { kind: "redirect", location: "https://[::1]/a?b", status: 301 }],
    [{ protocol: "https" }, { kind: "serve" }],
    [{ host: "" }, { kind: "serve" }],
  ])("redirected to https: %j", (changes, act) => {
    expect<object>(acted({ redirect: { to: "https" } }, requestOf("/a?b", {}, changes))).toEqual(act);
  });
  test.each([
    ["session=1", "pass"],
    ["_ga=1; session=2", "pass"],
    ["_ga=1", "serve"],
    ["", "serve"],
  ])("cookies are passed where one tells who sends it: %j: %s", (cookie, act) => {
    expect(acted({ cookies: "pass" }, requestOf("/", { cookie })).kind).toBe(act as "pass");
  });
});

describe("what is made of a request that may be answered from the cache", () => {
  const settings: RuleSettings = {
    query: { ignore: ["utm_*"] },
    cookies: ["currency"],
    keyHeaders: ["rsc", "accept", "accept-encoding", "gone", "given", "cookie"],
    ignoreCase: true,
    setRequest: { given: "x" },
    removeRequest: ["gone"],
  };
  const fields = {
    cookie: "session=1; currency=EUR",
    rsc: "1",
    accept: "b, a",
    "accept-encoding": "deflate, gzip",
    gone: "1",
    given: "2",
  };
  const request = requestOf("/A/B?C=D&utm_source=x", fields);
  test("target, cookies and marks; what is keyed is what is sent", () => {
    const verdict = verdictOf({ settings }, request);
    expect(verdict).toMatchObject({ target: "/a/b?C=D", areCookiesKeyed: true, foldsEncodings: true });
    expect(verdict.changes).toEqual({ cookie: "currency=EUR", set: [["given", "x"]], remove: ["gone"] });
    expect(verdict.marks).toEqual(
      [
        "cookie:currency=EUR",
        "header:accept=a,b",
        "header:accept-encoding=gzip",
        "header:given=x",
        "header:rsc=1",
        headerMark("cookie", "currency=EUR"),
      ].sort(),
    );
  });
  test.each([[{ pass: true }, "GET"] as const, [{}, "POST"] as const, [{}, "DELETE"] as const])(
    "but not of others: %j, %s",
    (more, method) => {
      const verdict = verdictOf({ settings: { ...settings, ...more } }, { ...request, method });
      expect(verdict).toMatchObject({ target: null, marks: [], areCookiesKeyed: false });
      expect(verdict.changes).toEqual({ set: [["given", "x"]], remove: ["gone"] });
    },
  );
  test("nor where there is nothing to be made", () => {
    const { target, changes, marks } = verdictOf(
      { settings: { ...settings, keyHeaders: [] } },
      requestOf("/a?c"),
    );
    expect([target, changes.cookie, marks]).toEqual([null, undefined, []]);
  });
});

describe("a rule that holds for one request and not for another with the same key is in the key", () => {
  const marked: [if_: Conditions, settings: RuleSettings, isMarked: boolean][] = [
    [{ cookie: ["a"] }, { lifetime: 1000 }, true],
    [{ header: { x: ["*"] } }, { setResponse: { y: "1" } }, true],
    [{ client: ["192.0.2.1"] }, { setRequest: { y: "1" } }, true],
    [{ query: ["q"] }, { removeRequest: ["y"] }, true],
    [{ method: ["GET"] }, { store: false, force: true }, true],
    [{ cookie: ["a"], status: ["200"] }, { lifetime: 1000 }, true],
    [{ method: ["GET", "HEAD"] }, { lifetime: 1000 }, false],
    [{ path: ["/**"], host: ["*"] }, { lifetime: 1000 }, false],
    [{ cookie: ["a"] }, { pass: true }, false],
    [{ cookie: ["other"] }, { lifetime: 1000 }, false],
  ];
  const theMark = expect.stringMatching(/^rule:1~[\w-]{12}$/) as unknown as string;
  test.each(marked)("%j, %j: %j", (conditions, settings, isMarked) => {
    const request = requestOf("/?q", { cookie: "a=1", x: "1" });
    const { marks } = verdictOf({ rules: rules({ if: conditions, settings }) }, request);
    expect(marks).toEqual(isMarked ? [theMark] : []);
  });
  test("by its exception, too", () => {
    const plan = { rules: rules({ unless: { cookie: ["a"] }, settings: { lifetime: 1000 } }) };
    expect(verdictOf(plan, requestOf("/")).marks).toEqual([theMark]);
    expect(verdictOf(plan, requestOf("/", { cookie: "a=1" })).marks).toEqual([]);
  });
  test("by an exception that waits for the response, too", () => {
    const plan = {
      rules: rules({ unless: { cookie: ["a"], status: ["200"] }, settings: { lifetime: 1000 } }),
    };
    const [plain, excepted] = [requestOf("/"), requestOf("/", { cookie: "a=1" })].map(
      (request) => verdictOf(plan, request).marks,
    );
    expect(excepted).not.toEqual(plain);
  });
  test("as what it is, not as what it is called: in another plan the name may be another rule's", () => {
    const marksOf = (conditions: Conditions, settings: RuleSettings) =>
      verdictOf({ rules: rules({ if: conditions, settings }) }, requestOf("/", { cookie: "a=1; b=2" })).marks;
    const marks = marksOf({ cookie: ["a"] }, { setRequest: { x: "1" } });
    expect(marksOf({ cookie: ["a"] }, { setRequest: { x: "1" }, lifetime: 1000 })).toEqual(marks);
    expect(marksOf({ cookie: ["b"] }, { setRequest: { x: "1" } })).not.toEqual(marks);
    expect(marksOf({ cookie: ["a"] }, { setRequest: { x: "2" } })).not.toEqual(marks);
  });
});

describe("a field that Connection names, which the origin is not told, is not there for rules", () => {
  const request = (connection: string) => requestOf("/", { "x-kind": "1", connection });
  test("nor in the key", () => {
    const marksWith = (connection: string) =>
      verdictOf({ settings: { keyHeaders: ["x-kind"] } }, request(connection)).marks;
    expect(marksWith("keep-alive")).toEqual(["header:x-kind=1"]);
    expect(marksWith("close, X-Kind")).toEqual([]);
  });
  test("nor in conditions", () => {
    const plan = { rules: rules({ if: { header: { "x-kind": ["*"] } }, settings: { pass: true } }) };
    expect(verdictOf(plan, request("keep-alive")).act.kind).toBe("pass");
    expect(verdictOf(plan, request("x-kind")).act.kind).toBe("serve");
  });
});

describe("whether who looks for what is stored need ask", () => {
  const has = (changes: Partial<SitePlan>, top: RuleSettings = {}) =>
    compileSites(planOf([site(changes)], top), identity).sites[0]?.hasRequestRules;
  test("not where responses alone are spoken of", () => {
    expect(has({})).toBe(false);
    expect(has({ rules: rules({ if: { path: ["/a"] }, settings: { lifetime: 1 } }) })).toBe(false);
    expect(has({}, { clientCacheControl: "ignore", lifetime: 1 })).toBe(false);
    expect(has({}, { foldEncodings: false })).toBe(false);
  });
  test("but where requests are", () => {
    expect(has({ rules: rules({ if: { path: ["/a"] }, settings: { pass: true } }) })).toBe(true);
    expect(has({ rules: rules({ if: { cookie: ["a"] }, settings: { lifetime: 1 } }) })).toBe(true);
    expect(has({ presetRules: rules({ settings: { query: { sort: true } } }) })).toBe(true);
    expect(has({ rules: rules({ if: { path: ["/a"] }, settings: { foldEncodings: false } }) })).toBe(true);
  });
});

test("a request like an earlier one gets the same verdict, made once", () => {
  const plan = planOf([
    site({
      rules: rules(
        { if: { path: ["/a/**"] }, settings: { cookies: "ignore", query: { ignore: ["x"] } } },
        { if: { cookie: ["member"] }, settings: { pass: true } },
        { if: { path: ["/b/**"] }, settings: { keyHeaders: ["rsc"] } },
      ),
    }),
  ]);
  const [{ forRequest } = { forRequest: () => null }] = compileSites(plan, identity).sites;
  for (const [one, other] of [
    [requestOf("/a/1?y"), requestOf("/a/2")],
    [requestOf("/a/1", { cookie: "_ga=1" }), requestOf("/a/2", { cookie: "x=3" })],
    [requestOf("/b/1", { cookie: "member=1" }), requestOf("/b/2", { cookie: "member=2" })],
    [requestOf("/b/1"), requestOf("/b/2?x")],
  ] as const) {
    expect(forRequest(one)).toBe(forRequest(other));
  }
});

test("what is remembered of requests has a bound, whatever clients ask for", () => {
  const plan = { rules: rules({ if: { path: ["/a"] }, settings: { pass: true } }) };
  const [{ forRequest } = { forRequest: () => null }] = compileSites(planOf([site(plan)]), identity).sites;
  const first = forRequest(requestOf("/a"));
  expect(forRequest(requestOf("/a"))).toBe(first);
  for (let page = 0; page < 10_000; page++) forRequest(requestOf(`/page/${page}`));
  const again = forRequest(requestOf("/a"));
  expect(again).not.toBe(first);
  expect(again?.act).toEqual({ kind: "pass" });
});
