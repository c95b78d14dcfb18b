import { describe, expect, test } from "bun:test";
import { requestFieldsOf } from "../../src/rules/fields.ts";
import { readPurge } from "../../src/serve/purge/dialects.ts";
import type { Wanted } from "../../src/serve/purge/wanted.ts";

/** A request line and fields as a plugin sends them, and what they come to. */
interface Sent {
  readonly by: string;
  readonly bytes: string;
  readonly wanted: readonly Wanted[];
  readonly isPerHost?: boolean;
}

const site = "shop";
const soft = true;

function read(bytes: string, isPerHost = false) {
  const [line = "", ...lines] = bytes.split("\r\n").filter((text) => text !== "");
  const [method = "", target = ""] = line.split(" ");
  const fields = requestFieldsOf(
    lines.map((text) => {
      const colon = text.indexOf(":");
      return [text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim()] as const;
    }),
  );
  const host = (fields.get("host") ?? "").toLowerCase();
  return readPurge({
    ...{ method, host, protocol: "http", fields, site, isPerHost, path: "/purge" },
    // The server has made a path of an absolute target.
    target: target.replace(/^https?:\/\/[^/]*/, ""),
  });
}

const dialects: readonly Sent[] = [
  {
    by: "Proxy Cache Purge, a page",
    bytes:
      "PURGE /2024/05/hello/ HTTP/1.1\r\nHost: blog.test\r\nX-Purge-Method: default\r\nUser-Agent: WordPress/6.5\r\nAccept: */*\r\n\r\n",
    wanted: [{ url: "http://blog.test/2024/05/hello/", site }],
  },
  {
    by: "Proxy Cache Purge, a page with a query",
    bytes: "PURGE /?p=17 HTTP/1.1\r\nHost: blog.test\r\nX-Purge-Method: default\r\n\r\n",
    wanted: [{ url: "http://blog.test/?p=17", site }],
  },
  {
    by: "Proxy Cache Purge, all of the site",
    bytes: "PURGE /.* HTTP/1.1\r\nHost: blog.test\r\nX-Purge-Method: regex\r\n\r\n",
    wanted: [{ prefix: "http://blog.test/", site }],
  },
  {
    by: "Proxy Cache Purge, all of a site in a folder",
    bytes: "PURGE /blog/.* HTTP/1.1\r\nHost: blog.test\r\nX-Purge-Method: regex\r\n\r\n",
    wanted: [{ prefix: "http://blog.test/blog/", site }],
  },
  {
    by: "Proxy Cache Purge, by tags",
    bytes:
      "PURGE / HTTP/1.1\r\nHost: blog.test\r\nX-Purge-Method: tags\r\nX-Cache-Tags-Pattern: p-17|tax-3|home\r\n\r\n",
    wanted: [{ tags: ["p-17", "tax-3", "home"], site }],
  },
  {
    by: "WP-Optimize, WP Rocket and kin, a page and what belongs to it",
    bytes: "PURGE /hello/.* HTTP/1.1\r\nHost: blog.test\r\nX-Purge-Method: regex\r\n\r\n",
    wanted: [{ prefix: "http://blog.test/hello/", site }],
  },
  {
    by: "those that call a page exact",
    bytes: "PURGE /hello/ HTTP/1.1\r\nHost: blog.test\r\nX-Purge-Method: exact\r\n\r\n",
    wanted: [{ url: "http://blog.test/hello/", site }],
  },
  {
    by: "W3 Total Cache, a page",
    bytes:
      "PURGE /hello/ HTTP/1.0\r\nHost: blog.test\r\nUser-Agent: W3 Total Cache\r\nConnection: Close\r\n\r\n",
    wanted: [{ url: "http://blog.test/hello/", site }],
  },
  {
    by: "W3 Total Cache, all",
    bytes: "PURGE /.* HTTP/1.0\r\nHost: blog.test\r\nConnection: Close\r\n\r\n",
    wanted: [{ prefix: "http://blog.test/", site }],
  },
  {
    by: "a wildcard, which goes over slashes",
    bytes: "PURGE /img/*.png HTTP/1.1\r\nHost: blog.test\r\nX-Purge-Method: wildcard\r\n\r\n",
    wanted: [{ glob: "http://blog.test/img/**.png", site }],
  },
  {
    by: "a prefix",
    bytes: "PURGE /img/* HTTP/1.1\r\nHost: blog.test\r\nX-Purge-Method: prefix\r\n\r\n",
    wanted: [{ prefix: "http://blog.test/img/", site }],
  },
  {
    by: "Nginx Helper, a page",
    bytes: "GET /purge/hello/?a=b HTTP/1.1\r\nHost: blog.test\r\nUser-Agent: WordPress/6.5\r\n\r\n",
    wanted: [{ url: "http://blog.test/hello/?a=b", site }],
  },
  {
    by: "Nginx Helper, all",
    bytes: "GET /purge/* HTTP/1.1\r\nHost: blog.test\r\n\r\n",
    wanted: [{ glob: "http://blog.test/**", site }],
  },
  {
    by: "FOSHttpCache's client for nginx, with a path for purging",
    bytes: "PURGE /purge/hello HTTP/1.1\r\nHost: blog.test\r\n\r\n",
    wanted: [{ url: "http://blog.test/hello", site }],
  },
  {
    by: "Fastly's, a page",
    bytes: "PURGE /hello HTTP/1.1\r\nHost: blog.test\r\nFastly-Soft-Purge: 1\r\n\r\n",
    wanted: [{ url: "http://blog.test/hello", site, soft }],
  },
  {
    by: "Fastly's, by keys, which may have commas in them",
    bytes:
      "PURGE / HTTP/1.1\r\nHost: blog.test\r\nSurrogate-Key: post/1 author,2\r\nFastly-Soft-Purge: 1\r\n\r\n",
    wanted: [{ tags: ["post/1", "author,2"], site, soft }],
  },
  {
    by: "xkey of Varnish",
    bytes: "PURGE / HTTP/1.1\r\nHost: blog.test\r\nxkey: a b\r\n\r\n",
    wanted: [{ tags: ["a", "b"], site }],
  },
  {
    by: "FOSHttpCache with xkey, hard and soft at once",
    bytes: "PURGE / HTTP/1.1\r\nHost: blog.test\r\nxkey-purge: a\r\nxkey-softpurge: b, c\r\n\r\n",
    wanted: [
      { tags: ["a"], site },
      { tags: ["b", "c"], site, soft },
    ],
  },
  {
    by: "FOSHttpCache's client for Symfony, by tags",
    bytes: "PURGE / HTTP/1.1\r\nHost: shop.test\r\nX-Cache-Tags: product-1,list of all\r\n\r\n",
    wanted: [{ tags: ["product-1", "list of all"], site }],
  },
  {
    by: "FOSHttpCache's client for Symfony, all",
    bytes: "PURGE / HTTP/1.1\r\nHost: shop.test\r\nClear-Cache: true\r\n\r\n",
    wanted: [{ site }],
  },
  {
    by: "Drupal's HTTP purger, one tag",
    bytes: "PURGE / HTTP/1.1\r\nHost: 127.0.0.1\r\nCache-Tags: node:17\r\n\r\n",
    wanted: [{ tags: ["node:17"], site }],
  },
  {
    by: "Drupal's HTTP purger, several in one request",
    bytes: "PURGE / HTTP/1.1\r\nHost: 127.0.0.1\r\nPurge-Cache-Tags: node:17|node_list|node:17\r\n\r\n",
    wanted: [{ tags: ["node:17", "node_list"], site }],
  },
  {
    by: "what speaks as Cloudflare's responses do",
    bytes: "PURGE / HTTP/1.1\r\nHost: blog.test\r\nCache-Tag: a,b\r\n\r\n",
    wanted: [{ tags: ["a", "b"], site }],
  },
  {
    by: "Magento, by tags; where each host has its pages they are of the whole site all the same",
    bytes:
      "PURGE / HTTP/1.1\r\nX-Magento-Tags-Pattern: ((^|,)cat_p_1(,|$))|((^|,)cms_b_home.page(,|$))\r\nHost: 127.0.0.1\r\n\r\n",
    wanted: [{ tags: ["cat_p_1", "cms_b_home.page"], site }],
    isPerHost: true,
  },
  {
    by: "Magento, all",
    bytes: "PURGE / HTTP/1.1\r\nX-Magento-Tags-Pattern: .*\r\nHost: 127.0.0.1\r\n\r\n",
    wanted: [{ site }],
  },
  {
    by: "Magento with a module for soft purges",
    bytes:
      "PURGE / HTTP/1.1\r\nX-Magento-Tags-Pattern: ((^|,)cat_p_1(,|$))\r\nX-Magento-Purge-Soft: 1\r\nHost: 127.0.0.1\r\n\r\n",
    wanted: [{ tags: ["cat_p_1"], site, soft }],
  },
  {
    by: "MediaWiki with PHP's curl, as to a proxy",
    bytes:
      "PURGE http://wiki.test/index.php?title=Open&action=history HTTP/1.1\r\nHost: wiki.test\r\nAccept: */*\r\nconnection: Keep-Alive\r\nproxy-connection: Keep-Alive\r\nuser-agent: MediaWiki/1.39.17 CdnCacheUpdate\r\ncontent-length: 0\r\n\r\n",
    wanted: [{ url: "http://wiki.test/index.php?title=Open&action=history", site }],
  },
  {
    by: "MediaWiki without it",
    bytes:
      "PURGE /wiki/Open HTTP/1.1\r\nHost: wiki.test\r\nUser-Agent: MediaWiki/1.39.17 CdnCacheUpdate\r\nX-Request-Id: b9f265a357d5c00781d5ff53\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    wanted: [{ url: "http://wiki.test/wiki/Open", site }],
  },
  {
    by: "a client that names no host",
    bytes: "PURGE /hello HTTP/1.0\r\n\r\n",
    wanted: [{ path: "/hello", site }],
  },
];

test.each(dialects)("$by", ({ bytes, wanted, isPerHost }) => {
  expect(read(bytes, isPerHost)).toEqual({ kind: "wanted", wanted });
});

describe("a regular expression is read and never run", () => {
  test.each([
    ["/blog/.*", { prefix: "http://blog.test/blog/" }],
    ["^/blog/.*$", { prefix: "http://blog.test/blog/" }],
    ["/blog/(.*)", { prefix: "http://blog.test/blog/" }],
    ["/blog", { prefix: "http://blog.test/blog" }],
    ["/page.html$", { url: "http://blog.test/page.html" }],
    ["/a/.*/b.html$", { glob: "http://blog.test/a/**/b.html" }],
    ["/a/.*/b", { glob: "http://blog.test/a/**/b**" }],
    ["/blog/.*.*(.*)$", { prefix: "http://blog.test/blog/" }],
    ["/%5E/blog/.*", { prefix: "http://blog.test/blog/" }],
    ["/?p=1.*", { prefix: "http://blog.test/?p=1" }],
  ])("%s", (target, word) => {
    const reading = read(
      `PURGE /${target.replace(/^\//, "")} HTTP/1.1\r\nHost: blog.test\r\nX-Purge-Method: regex\r\n\r\n`,
    );
    expect(reading).toEqual({ kind: "wanted", wanted: [{ ...word, site }] });
  });

  test.each(["/(a|b)", "/a+", "/[a-z]", "/a{1,2}", "/%5Ba%5D", "/((((a*)*)*)*)*$"])(
    "%s is refused",
    (target) => {
      const reading = read(`PURGE ${target} HTTP/1.1\r\nHost: blog.test\r\nX-Purge-Method: regex\r\n\r\n`);
      expect(reading).toMatchObject({ kind: "misread", explanation: expect.stringContaining("/blog/.*") });
    },
  );
});

describe("a pattern of tags that names others than those in it is refused", () => {
  test.each([
    "",
    "cat_p_.*",
    "((^|,)cat_p_.*(,|$))",
    "((^|,)cat_p_1(,|$))|",
    "((^|,)cat_p_1(,|$)",
    "((^|,)cat_p_[12](,|$))",
    "((^|,)(,|$))",
    "|a",
  ])("%j", (pattern) => {
    expect(read(`PURGE / HTTP/1.1\r\nX-Magento-Tags-Pattern: ${pattern}\r\n\r\n`).kind).toBe("misread");
  });

  test("an escaped character is that character", () => {
    const reading = read("PURGE / HTTP/1.1\r\nX-Magento-Tags-Pattern: ((^|,)a\\.b\\+c(,|$))\r\n\r\n");
    expect(reading).toEqual({ kind: "wanted", wanted: [{ tags: ["a.b+c"], site }] });
  });

  test("in no more time than its length takes", () => {
    const pattern = "((^|,)".repeat(10_000);
    expect(read(`PURGE / HTTP/1.1\r\nX-Magento-Tags-Pattern: ${pattern}\r\n\r\n`).kind).toBe("misread");
  });
});

test.each(["Surrogate-Key:", "xkey-softpurge: ,", "Cache-Tags: |"])(
  "%s without a name is refused, and purges nothing else instead",
  (line) => {
    expect(read(`PURGE / HTTP/1.1\r\nHost: blog.test\r\n${line}\r\n\r\n`).kind).toBe("misread");
  },
);

test("a way of purging that nobody knows is refused with those that are known", () => {
  const reading = read("PURGE / HTTP/1.1\r\nHost: blog.test\r\nX-Purge-Method: flushall\r\n\r\n");
  expect(reading).toMatchObject({ explanation: expect.stringContaining("exact") });
});

test("where each host has pages of its own, a page without host is nobody's", () => {
  expect(read("PURGE /hello HTTP/1.0\r\n\r\n", true).kind).toBe("misread");
});

test("more names than one word may have are several words", () => {
  const names = Array.from({ length: 2001 }, (_, index) => `t${index}`);
  const reading = read(`PURGE / HTTP/1.1\r\nxkey: ${names.join(" ")}\r\n\r\n`);
  const counts =
    reading.kind === "wanted" ? reading.wanted.map((word) => ("tags" in word ? word.tags.length : 0)) : [];
  expect(counts).toEqual([1000, 1000, 1]);
});
