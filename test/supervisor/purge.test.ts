import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { UsageError } from "../../src/config/usage-error.ts";
import type { PurgeRequest } from "../../src/control/purge.ts";
import { purgeOf } from "../../src/supervisor/purge.ts";
import { ask, requestText } from "../fixtures/raw-client.ts";
import { always, startProxy, type TestProxy } from "../serve/proxy.ts";

const everyHost = { preserveHost: false };
const ownHosts = { preserveHost: true };

describe("what an operator names", () => {
  test.each<[PurgeRequest, typeof everyHost, selector: object, lookedFor: string]>([
    [{ path: "/a?b" }, everyHost, { by: "target", target: "/a?b" }, "/a?b of every host"],
    [{ path: "/a?b" }, ownHosts, { by: "target", target: "/a?b" }, "/a?b of every host"],
    [{ url: "http://A.example/a" }, everyHost, { by: "target", target: "/a" }, "/a of every host"],
    [
      { url: "http://A.example/a" },
      ownHosts,
      { by: "key", primaryKey: "/a a.example" },
      "/a of host a.example",
    ],
    [
      { url: "HTTPS://a.example:443" },
      ownHosts,
      { by: "key", primaryKey: "/ a.example" },
      "/ of host a.example",
    ],
    [
      { url: "http://a.example:81?b" },
      ownHosts,
      { by: "key", primaryKey: "/?b a.example:81" },
      "/?b of host a.example:81",
    ],
    [
      { prefix: "/img/" },
      ownHosts,
      { by: "prefix", targetPrefix: "/img/", host: null },
      "what begins with /img/, of every host",
    ],
    [
      { prefix: "http://a.example/img/" },
      ownHosts,
      { by: "prefix", targetPrefix: "/img/", host: "a.example" },
      "what begins with /img/, of host a.example",
    ],
    [
      { prefix: "http://a.example" },
      everyHost,
      { by: "prefix", targetPrefix: "/", host: null },
      "what begins with /, of every host",
    ],
    [
      { group: "news" },
      ownHosts,
      { by: "group", group: "news", host: null },
      'what is in the group "news", of every host',
    ],
    [{ all: true }, ownHosts, { by: "all" }, "all there is"],
  ])("%j, with %j", (request, settings, selector, lookedFor) => {
    expect(purgeOf(request, settings)).toEqual({ selector, lookedFor } as ReturnType<typeof purgeOf>);
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
    const { selector } = purgeOf({ prefix }, { ...everyHost, index: "index.html" });
    expect(selector).toEqual({ by: "prefix", targetPrefix, host: null });
  });

  test.each(["http://", "http://a:b/", "http://a.example:99999/", "http://user@a.example/", "http:///a"])(
    "%s has a host that is none",
    (url) => {
      for (const settings of [everyHost, ownHosts]) {
        expect(() => purgeOf({ url }, settings)).toThrow(UsageError);
        expect(() => purgeOf({ prefix: url }, settings)).toThrow(UsageError);
      }
    },
  );
});

/** The same function finds a request's key and a purge's: nothing that is served may be out of a purge's reach. */
describe("what was served is removed by the URL it was asked by", () => {
  const index = "index.html";
  let proxies: readonly (readonly [TestProxy, typeof everyHost])[];
  beforeEach(async () => {
    const script = always(200, { "Cache-Control": "max-age=60", "Content-Type": "text/plain" });
    proxies = [
      [await startProxy(script, { options: { index } }), everyHost],
      [await startProxy(script, { options: { index, originHost: null } }), ownHosts],
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
    for (const [proxy, settings] of proxies) {
      const written = Buffer.from(target, "latin1").toString("utf8");
      for (const host of ["Cache.test", "cache.test:80", "other.test:81"]) {
        const whole = `http://${host}${written}`;
        for (const request of [{ path: written }, { url: whole }, { prefix: written }, { prefix: whole }]) {
          await ask(proxy.port, requestText("GET", target, { Host: host }));
          const { selector } = purgeOf(request, { ...settings, index });
          expect([request, await proxy.context.store.remove(selector)]).toEqual([request, 1]);
        }
      }
    }
  });
});
