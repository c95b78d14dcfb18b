import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { presetOf } from "../../src/config/preset-rules.ts";
import { presetNames } from "../../src/config/presets.ts";
import { cookieMatcher } from "../../src/rules/cookies.ts";
import type { RequestVerdict } from "../../src/sites/site.ts";
import { compileSites } from "../../src/sites/table.ts";

type Fields = Readonly<Record<string, string>>;

/** What the preset says of a request, as a site that says nothing itself. */
function verdictOf(preset: string, target: string, fields: Fields = {}): RequestVerdict {
  const presetRules = preset.split("+").flatMap((name) => presetOf(name).rules);
  const site = {
    name: "app",
    hosts: [],
    origins: ["http://127.0.0.1:8000"],
    balance: "round-robin",
    preserveHost: true,
    settings: {},
    rules: [],
    presetRules,
  } as const;
  const table = compileSites({ sites: [site], top: {} }, { ignoredCookies: cookieMatcher(["default"]) });
  const verdict = table.siteFor("app.example")?.forRequest({
    method: "GET",
    target,
    host: "app.example",
    protocol: "https",
    clientAddress: () => null,
    fields: new Headers({ ...fields }),
  });
  if (verdict === undefined) throw new Error("no site answers");
  return verdict;
}

/** "pass", or what is asked for, and which cookies are sent: "as they came", "none", or those. */
function decision(preset: string, target: string, fields: Fields): string {
  const verdict = verdictOf(preset, target, fields);
  if (verdict.act.kind !== "serve") return verdict.act.kind;
  const { cookie } = verdict.changes;
  const cookies = cookie === undefined ? "" : `, cookies ${cookie ?? "none"}`;
  return `${verdict.target ?? target}${cookies}`;
}

/** Seconds for which a response is kept because the preset says so; null where it says nothing. */
function lifetimeOf(preset: string, target: string, status: number, response: Fields): number | null {
  const { storing } = verdictOf(preset, target).forResponse({ status, fields: new Headers({ ...response }) });
  return storing.lifetime ?? null;
}

test("every file in presets/ is a preset, and every preset can be read", () => {
  const files = readdirSync(join(import.meta.dir, "../../src/config/presets"));
  expect(files.sort()).toEqual(presetNames.map((name) => `${name}.toml`).sort());
  for (const name of presetNames) expect(presetOf(name).rules.length).toBeGreaterThan(0);
});

const analytics = "_ga=GA1.1.5; CookieConsent=yes";
const html = { "Content-Type": "text/html; charset=UTF-8" };

describe("requests", () => {
  const cases: readonly (readonly [preset: string, target: string, fields: Fields, expected: string])[] = [
    // A reader, with and without what advertisements add.
    ["wordpress", "/open/", {}, "/open/"],
    ["wordpress", "/open/?utm_source=x&fbclid=y", { Cookie: analytics }, "/open/"],
    ["wordpress", "/?s=oak&gclid=1", {}, "/?s=oak"],
    // Somebody.
    ["wordpress", "/open/", { Cookie: "wordpress_logged_in_0ab=anna" }, "pass"],
    ["wordpress", "/open/", { Cookie: `${analytics}; wp-postpass_0ab=x` }, "pass"],
    ["wordpress", "/open/", { Cookie: "comment_author_0ab=Carla" }, "pass"],
    ["wordpress", "/open/", { Cookie: "a_plugin=anna" }, "pass"],
    ["wordpress", "/open/", { Cookie: "_ga=1, wordpress_logged_in_0ab=anna" }, "pass"],
    // Doors, in the root and in a folder, however they are written.
    ["wordpress", "/wp-admin", {}, "pass"],
    ["wordpress", "/wp-admin/", {}, "pass"],
    ["wordpress", "/blog/wp-admin/admin-ajax.php?action=x", {}, "pass"],
    ["wordpress", "/wp-%61dmin/", {}, "pass"],
    ["wordpress", "//wp-admin/", {}, "pass"],
    ["wordpress", "/wp-login.php?action=postpass", {}, "pass"],
    ["wordpress", "/wp-cron.php?doing_wp_cron", {}, "pass"],
    ["wordpress", "/xmlrpc.php", {}, "pass"],
    ["wordpress", "/wp-json/wp/v2/posts", {}, "pass"],
    ["wordpress", "/?rest_route=/wp/v2/posts", {}, "pass"],
    ["wordpress", "/?p=3&preview=true", {}, "pass"],
    ["wordpress", "/?p=3&preview_nonce=0ab", {}, "pass"],
    ["wordpress", "/?customize_changeset_uuid=0ab", {}, "pass"],
    ["wordpress", "/open/?unapproved=3&moderation-hash=0ab", {}, "pass"],
    ["wordpress", "/open/?_wpnonce=0ab", {}, "pass"],
    // Files, also for who is logged in, but not what is no file of WordPress.
    [
      "wordpress",
      "/wp-includes/a/style.css?ver=6",
      { Cookie: "wordpress_logged_in_0=a" },
      "/wp-includes/a/style.css?ver=6, cookies none",
    ],
    [
      "wordpress",
      "/wp-content/uploads/2024/oak.jpg",
      { Cookie: "x=1" },
      "/wp-content/uploads/2024/oak.jpg, cookies none",
    ],
    ["wordpress", "/wp-content/uploads/guarded.pdf", { Cookie: "x=1" }, "pass"],
    ["wordpress", "/wp-content/plugins/a/picture.php", { Cookie: "x=1" }, "pass"],
    ["wordpress", "/account/x.css", { Cookie: "wordpress_logged_in_0=a" }, "pass"],
    // A shop.
    ["wordpress+woocommerce", "/shop/", { Cookie: analytics }, "/shop/"],
    ["wordpress+woocommerce", "/shop/", { Cookie: "woocommerce_items_in_cart=1" }, "pass"],
    ["wordpress+woocommerce", "/shop/", { Cookie: "wp_woocommerce_session_0ab=x" }, "pass"],
    ["wordpress+woocommerce", "/shop/?add-to-cart=3", {}, "pass"],
    ["wordpress+woocommerce", "/?wc-ajax=get_refreshed_fragments", {}, "pass"],
    ["wordpress+woocommerce", "/cart/", {}, "pass"],
    ["wordpress+woocommerce", "/en/checkout/order-received/5/", {}, "pass"],
    ["wordpress+woocommerce", "/my-account/", {}, "pass"],
    ["woocommerce", "/shop/", { Cookie: "another=1" }, "pass"],
    // A wiki.
    ["mediawiki", "/wiki/Oak?utm_source=x", { Cookie: `${analytics}; another=1` }, "/wiki/Oak, cookies none"],
    ["mediawiki", "/wiki/Oak", { Cookie: "wiki_session=0ab" }, "pass"],
    ["mediawiki", "/wiki/Oak", { Cookie: "wikiUserID=3; wikiToken=0ab" }, "pass"],
    ["mediawiki", "/wiki/Oak", { Cookie: "wikiLoggedOut=1" }, "pass"],
    ["mediawiki", "/load.php?modules=x", { Cookie: "wiki_session=0ab" }, "/load.php?modules=x, cookies none"],
    // Drupal.
    ["drupal", "/node/3?utm_source=x", { Cookie: `${analytics}; has_js=1` }, "/node/3, cookies none"],
    ["drupal", "/node/3", { Cookie: "SESS0ab=x" }, "pass"],
    ["drupal", "/node/3", { Cookie: "SSESS0ab=x" }, "pass"],
    ["drupal", "/node/3", { Cookie: "NO_CACHE=1" }, "pass"],
    ["drupal", "/user/login", {}, "pass"],
    ["drupal", "/de/admin/content", {}, "pass"],
    ["drupal", "/system/files/contract.pdf", {}, "pass"],
    [
      "drupal",
      "/core/misc/drupal.js?v=10",
      { Cookie: "SESS0ab=x" },
      "/core/misc/drupal.js?v=10, cookies none",
    ],
    // Magento.
    [
      "magento",
      "/shoes.html?b=2&utm_source=x&a=1&gclid=3",
      { Cookie: "PHPSESSID=0ab; form_key=x" },
      "/shoes.html?a=1&b=2",
    ],
    [
      "magento",
      "/shoes.html",
      { Cookie: "PHPSESSID=0ab; X-Magento-Vary=0cd; form_key=x" },
      "/shoes.html, cookies PHPSESSID=0ab; X-Magento-Vary=0cd",
    ],
    ["magento", "/customer/section/load/?sections=cart", {}, "pass"],
    ["magento", "/de/checkout/cart/", {}, "pass"],
    ["magento", "/admin_1ab2/dashboard", {}, "pass"],
    ["magento", "/?___store=de", {}, "pass"],
    ["magento", "/graphql?query=x", { Authorization: "Bearer 0ab" }, "pass"],
    ["magento", "/static/version1/a.js", { Cookie: "PHPSESSID=0ab" }, "/static/version1/a.js, cookies none"],
    ["magento", "/media/downloadable/book.pdf", { Cookie: "PHPSESSID=0ab" }, "pass"],
    // Next.js.
    ["nextjs", "/?utm_source=x&_rsc=1ab", { Cookie: analytics }, "/?_rsc=1ab"],
    ["nextjs", "/", { Cookie: "session=anna" }, "pass"],
    ["nextjs", "/", { Cookie: "__prerender_bypass=0ab" }, "pass"],
    ["nextjs", "/", { Authorization: "Basic 0ab" }, "pass"],
    [
      "nextjs",
      "/_next/static/chunks/a.js",
      { Cookie: "session=anna" },
      "/_next/static/chunks/a.js, cookies none",
    ],
    // An API, and files.
    ["api", "/v1/oaks?utm_source=x", {}, "/v1/oaks?utm_source=x"],
    ["api", "/v1/oaks", { Cookie: "session=anna" }, "pass"],
    ["api", "/v1/oaks", { Authorization: "Bearer 0ab" }, "pass"],
    ["static", "/a.css?v=2&utm_source=x", { Cookie: "session=anna" }, "/a.css?v=2, cookies none"],
  ];
  test.each(cases)("%s: %s with %j is %s", (preset, target, fields, expected) => {
    expect(decision(preset, target, fields)).toBe(expected);
  });
});

describe("what tells two answers of one URL apart is in the key", () => {
  const cases: readonly (readonly [preset: string, target: string, one: Fields, other: Fields])[] = [
    ["nextjs", "/", {}, { RSC: "1" }],
    ["nextjs", "/", { RSC: "1" }, { RSC: "1", "Next-Router-Prefetch": "1" }],
    ["nextjs", "/", { RSC: "1", "Next-Router-State-Tree": "a" }, { RSC: "1", "Next-Router-State-Tree": "b" }],
    ["nextjs", "/", { RSC: "1", "Next-Url": "/a" }, { RSC: "1", "Next-Url": "/b" }],
    ["magento", "/", {}, { Cookie: "X-Magento-Vary=a" }],
    ["magento", "/", { Cookie: "X-Magento-Vary=a" }, { Cookie: "X-Magento-Vary=b" }],
    [
      "magento",
      "/",
      { Cookie: "X-Magento-Vary=a; PHPSESSID=1" },
      { Cookie: "X-Magento-Vary=a; PHPSESSID=2" },
    ],
    ["magento", "/graphql?query=x", { Store: "de" }, { Store: "fr" }],
  ];
  test.each(cases)("%s: %s with %j and with %j", (preset, target, one, other) => {
    expect(verdictOf(preset, target, one).marks).not.toEqual(verdictOf(preset, target, other).marks);
  });

  test("Magento's guests share, whatever their sessions", () => {
    const marks = ["PHPSESSID=1", "PHPSESSID=2; form_key=a"].map(
      (Cookie) => verdictOf("magento", "/", { Cookie }).marks,
    );
    expect(marks).toEqual([[], []]);
  });
});

describe("responses", () => {
  const minutes = 60;
  const hours = 60 * minutes;
  const cases: readonly (readonly [
    preset: string,
    target: string,
    status: number,
    response: Fields,
    seconds: number | null,
  ])[] = [
    ["wordpress", "/open/", 200, html, 10 * minutes],
    ["wordpress", "/feed/", 200, { "Content-Type": "application/rss+xml" }, 10 * minutes],
    ["wordpress", "/open", 301, html, 10 * minutes],
    ["wordpress", "/open/", 404, html, null],
    ["wordpress", "/open/", 302, html, null],
    // What a plugin says counts: no-cache is how one says that a page is somebody's.
    ["wordpress", "/open/", 200, { ...html, "Cache-Control": "no-cache, must-revalidate, max-age=0" }, null],
    ["wordpress", "/data", 200, { "Content-Type": "application/json" }, null],
    ["wordpress", "/wp-includes/a.css", 200, { "Content-Type": "text/css" }, 24 * hours],
    ["wordpress", "/wp-includes/a.css", 404, { "Content-Type": "text/html" }, null],
    ["wordpress", "/wp-content/plugins/a/captcha.php", 200, { "Content-Type": "image/png" }, null],
    ["mediawiki", "/wiki/Oak", 200, html, null],
    ["mediawiki", "/images/oak.jpg", 200, { "Content-Type": "image/jpeg" }, 1 * hours],
    ["drupal", "/node/3", 200, html, null],
    ["drupal", "/core/misc/drupal.js", 200, { "Content-Type": "text/javascript" }, 24 * hours],
    ["magento", "/shoes.html", 200, html, null],
    ["nextjs", "/", 200, html, null],
    ["api", "/v1/oaks", 200, { "Content-Type": "application/json" }, null],
    ["static", "/", 200, html, 1 * minutes],
    ["static", "/logo.svg", 200, { "Content-Type": "image/svg+xml" }, 1 * hours],
    ["static", "/_astro/a.0ab.js", 200, { "Content-Type": "text/javascript" }, 30 * 24 * hours],
    ["static", "/_astro/a.0ab.js", 404, html, null],
  ];
  test.each(cases)("%s: %s with %i and %j is given %p s", (preset, target, status, response, seconds) => {
    expect(lifetimeOf(preset, target, status, response)).toBe(seconds);
  });

  test.each([...presetNames])("%s: no lifetime is guessed from Last-Modified", (name) => {
    expect(
      verdictOf(name, "/feed/").forResponse({ status: 200, fields: new Headers(html) }).storing.heuristic,
    ).toBe(false);
  });

  test("WordPress: a page is gone long before the nonces in its forms are, which live for twelve hours", () => {
    const { storing } = verdictOf("wordpress", "/open/").forResponse({
      status: 200,
      fields: new Headers(html),
    });
    expect((storing.lifetime ?? 0) + (storing.staleWhileRevalidateWindow ?? 0)).toBeLessThan(2 * hours);
  });

  test("Magento: a public page is kept by this cache and by no browser", () => {
    const fields = new Headers({ ...html, "Cache-Control": "max-age=86400, public, s-maxage=86400" });
    const { set } = verdictOf("magento", "/shoes.html").forResponse({ status: 200, fields });
    expect(Object.fromEntries(set)).toEqual({
      "cdn-cache-control": "public, max-age=86400",
      "cache-control": "private, no-cache",
    });
  });

  test("Magento: the answer that begins a session with other prices is not stored", () => {
    const fields = new Headers({ ...html, "Set-Cookie": "X-Magento-Vary=0ab; path=/" });
    expect(verdictOf("magento", "/").forResponse({ status: 200, fields }).storing.store).toBe(false);
  });
});
