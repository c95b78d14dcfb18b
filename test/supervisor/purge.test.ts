import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { UsageError } from "../../src/config/usage-error.ts";
import type { PurgeRequest } from "../../src/control/purge.ts";
import type { Plan, SitePlan } from "../../src/sites/plan.ts";
import { purgeOf } from "../../src/supervisor/purge.ts";
import { ask, requestText } from "../fixtures/raw-client.ts";
import { always, startProxy, type TestProxy } from "../serve/proxy.ts";

const index = "index.html";

/** One site without a name, as the flags make it. */
function flags(preserveHost: boolean, page?: string): Plan {
  return { sites: [siteNamed("", [], { preserveHost, index: page })], top: {} };
}

function siteNamed(name: string, hosts: readonly string[], more: Partial<SitePlan> = {}): SitePlan {
  const always = { origins: ["http://127.0.0.1:1"], balance: "round-robin", preserveHost: false } as const;
  return { name, hosts, ...always, settings: {}, rules: [], presetRules: [], ...more };
}

const everyHost = flags(false);
const ownHosts = flags(true);

const two: Plan = {
  sites: [
    siteNamed("shop", ["shop.example", "*.shop.example"], { index }),
    siteNamed("blog", ["blog.example"], { preserveHost: true }),
  ],
  top: {},
};
const everywhere = { host: null, site: null };

describe("what an operator names", () => {
  test.each<[PurgeRequest, Plan, selector: object, lookedFor: string]>([
    [{ path: "/a?b" }, everyHost, { by: "target", target: "/a?b", ...everywhere }, "/a?b of every host"],
    [{ path: "/a?b" }, ownHosts, { by: "target", target: "/a?b", ...everywhere }, "/a?b of every host"],
    [
      { url: "http://A.example/a" },
      everyHost,
      { by: "target", target: "/a", ...everywhere },
      "/a of every host",
    ],
    [
      { url: "http://A.example/a" },
      ownHosts,
      { by: "target", target: "/a", host: "a.example", site: "" },
      "/a of host a.example",
    ],
    [
      { url: "HTTPS://a.example:443" },
      ownHosts,
      { by: "target", target: "/", host: "a.example", site: "" },
      "/ of host a.example",
    ],
    [
      { url: "http://a.example:81?b" },
      ownHosts,
      { by: "target", target: "/?b", host: "a.example:81", site: "" },
      "/?b of host a.example:81",
    ],
    [
      { prefix: "/img/" },
      ownHosts,
      { by: "prefix", targetPrefix: "/img/", ...everywhere },
      "what begins with /img/, of every host",
    ],
    [
      { prefix: "http://a.example/img/" },
      ownHosts,
      { by: "prefix", targetPrefix: "/img/", host: "a.example", site: "" },
      "what begins with /img/, of host a.example",
    ],
    [
      { prefix: "http://a.example" },
      everyHost,
      { by: "prefix", targetPrefix: "/", ...everywhere },
      "what begins with /, of every host",
    ],
    [
      { group: "news" },
      ownHosts,
      { by: "group", group: "news", ...everywhere },
      'what is in the group "news", of every host',
    ],
    [{ all: true }, ownHosts, { by: "all" }, "all there is"],
    [{ path: "/a" }, two, { by: "target", target: "/a", ...everywhere }, "/a of every host"],
    [
      { path: "/a", site: "shop" },
      two,
      { by: "target", target: "/a", host: null, site: "shop" },
      "/a of site shop",
    ],
    [
      { path: "/", site: "shop" },
      two,
      { by: "target", target: "/index.html", host: null, site: "shop" },
      "/index.html of site shop",
    ],
    [
      { url: "https://www.shop.example/a" },
      two,
      { by: "target", target: "/a", host: null, site: "shop" },
      "/a of site shop",
    ],
    [
      { url: "http://blog.example:81/a", site: "blog" },
      two,
      { by: "target", target: "/a", host: "blog.example:81", site: "blog" },
      "/a of host blog.example:81",
    ],
    [
      { prefix: "/img/", site: "blog" },
      two,
      { by: "prefix", targetPrefix: "/img/", host: null, site: "blog" },
      "what begins with /img/, of site blog",
    ],
    [
      { prefix: "http://shop.example/img/" },
      two,
      { by: "prefix", targetPrefix: "/img/", host: null, site: "shop" },
      "what begins with /img/, of site shop",
    ],
    [
      { group: "news", site: "shop" },
      two,
      { by: "group", group: "news", host: null, site: "shop" },
      'what is in the group "news", of site shop',
    ],
    [
      { all: true, site: "blog" },
      two,
      { by: "prefix", targetPrefix: "/", host: null, site: "blog" },
      "all of site blog",
    ],
    [{ all: true }, two, { by: "all" }, "all there is"],
    [
      { site: "blog" },
      two,
      { by: "prefix", targetPrefix: "/", host: null, site: "blog" },
      "all of site blog",
    ],
    [
      { host: "WWW.shop.example" },
      two,
      { by: "prefix", targetPrefix: "/", host: "www.shop.example", site: "shop" },
      "all of host www.shop.example",
    ],
    [
      { host: "a.example" },
      everyHost,
      { by: "prefix", targetPrefix: "/", host: "a.example", site: null },
      "all of host a.example",
    ],
    [
      { host: "a.example:443" },
      everyHost,
      { by: "prefix", targetPrefix: "/", host: "a.example", site: null },
      "all of host a.example",
    ],
    [
      { glob: "/img/*.png" },
      ownHosts,
      { by: "glob", glob: "/img/*.png", ...everywhere },
      "what /img/*.png stands for, of every host",
    ],
    [
      { glob: "http://blog.example/img/**" },
      two,
      { by: "glob", glob: "/img/**", host: "blog.example", site: "blog" },
      "what /img/** stands for, of host blog.example",
    ],
    [
      { tag: "news" },
      ownHosts,
      { by: "tag", tag: "news", ...everywhere },
      'what bears the name "news", of every host',
    ],
    [
      { tag: "voil\u00c3\u00a0" },
      ownHosts,
      { by: "tag", tag: "voil\u00c3\u00a0", ...everywhere },
      'what bears the name "voilà", of every host',
    ],
    [
      { tags: ["news"], site: "shop" },
      two,
      { by: "tag", tag: "news", host: null, site: "shop" },
      'what bears the name "news", of site shop',
    ],
    [
      { tag: "news", site: "" },
      everyHost,
      { by: "tag", tag: "news", host: null, site: "" },
      'what bears the name "news", of every host',
    ],
    [
      { path: "/a", soft: true },
      everyHost,
      { by: "target", target: "/a", soft: true, ...everywhere },
      "/a of every host",
    ],
  ])("%j", (request, sites, selector, lookedFor) => {
    const purge: object = purgeOf(request, sites);
    expect(purge).toEqual({ selectors: [selector], lookedFor });
  });

  test("is looked for in each site by what the site asks its origin for", () => {
    expect(purgeOf({ path: "/" }, two)).toEqual({
      selectors: [
        { by: "target", target: "/index.html", host: null, site: "shop" },
        { by: "target", target: "/", host: null, site: "blog" },
      ],
      lookedFor: "/index.html and / of every host",
    });
  });

  test.each<[PurgeRequest, Plan, message: string]>([
    [{ path: "/a", site: "shpo" }, two, 'there is no site "shpo"; did you mean shop?'],
    [{ path: "/a", site: "elsewhere" }, two, 'there is no site "elsewhere"; there are shop, blog'],
    [{ path: "/a", site: "elsewhere" }, ownHosts, 'there is no site "elsewhere"; none has a name'],
    [{ host: "a.example" }, two, "no site answers for the host a.example; there are shop, blog"],
    [{ host: "a b" }, ownHosts, '"a b" is no host; example.com and example.com:8080 are'],
    [{ host: "shop.example", site: "blog" }, two, "the host shop.example is of the site shop, not of blog"],
    [{ url: "http://a.example/a" }, two, "no site answers for the host a.example; there are shop, blog"],
    [
      { prefix: "http://shop.example/a", site: "blog" },
      two,
      "the host shop.example is of the site shop, not of blog",
    ],
  ])("cannot be meant: %j", (request, sites, message) => {
    expect(() => purgeOf(request, sites)).toThrow(new UsageError(message));
  });

  test.each([
    ["/a?", "/a?"],
    ["/a/..", "/a/.."],
    ["/a/../b", "/b"],
    ["/a#b", "/a"],
    ["//a", "/a"],
    ["/\u00e9", "/%C3%A9"],
    ["/%4", "/%4"],
    ["/", "/"],
  ])("by a prefix means no more than that: %s is %s", (prefix, targetPrefix) => {
    const { selectors } = purgeOf({ prefix }, flags(false, index));
    expect(selectors).toEqual([{ by: "prefix", targetPrefix, ...everywhere }]);
  });

  test.each(["http://", "http://a:b/", "http://a.example:99999/", "http://user@a.example/", "http:///a"])(
    "%s has a host that is none",
    (url) => {
      for (const sites of [everyHost, ownHosts]) {
        expect(() => purgeOf({ url }, sites)).toThrow(UsageError);
        expect(() => purgeOf({ prefix: url }, sites)).toThrow(UsageError);
      }
    },
  );
});

/** The same function finds a request's key and a purge's: nothing that is served may be out of a purge's reach. */
describe("what was served is removed by the URL it was asked by", () => {
  let proxies: readonly (readonly [TestProxy, Plan])[];
  beforeEach(async () => {
    const script = always(200, { "Cache-Control": "max-age=60", "Content-Type": "text/plain" });
    proxies = [
      [await startProxy(script, { options: { index } }), flags(false, index)],
      [await startProxy(script, { options: { index, originHost: null } }), flags(true, index)],
    ];
  });
  afterEach(async () => {
    for (const [proxy] of proxies) await proxy.stop();
  });

  test.each([
    "/",
    "/?",
    "/?a=b&c",
    "//page",
    "///page//x",
    "/a/../b/./c",
    "/a/%2e%2e/b",
    "/\xc3\xa9?\xc3\xa9",
    "/%c3%a9",
    "/it's?it's",
    "/<>{}|^`",
    "/a#b",
    "/a?b#c",
    "/%20",
  ])("%s", async (target) => {
    for (const [proxy, sites] of proxies) {
      const written = Buffer.from(target, "latin1").toString("utf8");
      for (const host of ["Cache.test", "cache.test:80", "other.test:81"]) {
        const whole = `http://${host}${written}`;
        for (const request of [{ path: written }, { url: whole }, { prefix: written }, { prefix: whole }]) {
          await ask(proxy.port, requestText("GET", target, { Host: host }));
          const { selectors } = purgeOf(request, sites);
          const removed = await Promise.all(selectors.map((each) => proxy.context.store.remove(each)));
          expect([request, removed]).toEqual([request, [1]]);
        }
      }
    }
  });
});
