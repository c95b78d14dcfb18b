import { afterEach, expect, test } from "bun:test";
import { presetOf } from "../../src/config/preset-rules.ts";
import type { Exchange } from "../fixtures/origin.ts";
import type { RawResponse } from "../fixtures/raw-client.ts";
import { planOf, startProxy, type TestProxy } from "./proxy.ts";

let proxy: TestProxy;
afterEach(() => proxy.stop());

async function before(presets: readonly string[], answer: (exchange: Exchange) => Record<string, string>) {
  proxy = await startProxy(
    async (exchange) => {
      const body = `for ${exchange.request.field("Cookie") ?? "a stranger"}`;
      await exchange.respond(200, { "Content-Type": "text/html", ...answer(exchange) }, body);
    },
    { plan: planOf({ presetRules: presets.flatMap((name) => presetOf(name).rules) }) },
  );
}

async function page(cookie?: string, target = "/page"): Promise<RawResponse> {
  return proxy.get(target, cookie === undefined ? {} : { Cookie: cookie });
}

async function words(...cookies: (string | undefined)[]): Promise<string[]> {
  const seen: string[] = [];
  for (const cookie of cookies) {
    const { text, field } = await page(cookie);
    seen.push(`${field("X-Cache")}: ${text}`);
  }
  return seen;
}

const magentos = "max-age=86400, public, s-maxage=86400";

test("Magento: guests share what it calls public, and each keeps the session he has", async () => {
  await before(["magento"], () => ({ "Cache-Control": magentos, "Set-Cookie": "PHPSESSID=1; path=/" }));
  const first = await page();
  const second = await page("PHPSESSID=2; form_key=x");
  expect([first.field("X-Cache"), first.field("Set-Cookie")]).toEqual(["MISS", "PHPSESSID=1; path=/"]);
  expect([second.field("X-Cache"), second.field("Set-Cookie")]).toEqual(["HIT", null]);
  expect(second.field("Cache-Control")).toBe("private, no-cache");
});

test("Magento: a customer with prices of his own shares pages with nobody", async () => {
  await before(["magento"], () => ({ "Cache-Control": magentos }));
  const anna = "PHPSESSID=1; X-Magento-Vary=a";
  const bert = "PHPSESSID=2; X-Magento-Vary=a";
  expect(await words(anna, bert, undefined, `form_key=x; ${anna}`, bert)).toEqual([
    `MISS: for ${anna}`,
    `MISS: for ${bert}`,
    "MISS: for a stranger",
    `HIT: for ${anna}`,
    `HIT: for ${bert}`,
  ]);
});

test("Magento: an answer that gives a visitor prices of his own is not stored", async () => {
  await before(["magento"], () => ({ "Cache-Control": magentos, "Set-Cookie": "X-Magento-Vary=a; path=/" }));
  await page();
  expect((await page()).field("X-Cache")).toBe("MISS");
});

test("Magento: what it does not call public is nobody else's", async () => {
  await before(["magento"], () => ({ "Cache-Control": "max-age=0, must-revalidate, no-cache, no-store" }));
  expect(await words("PHPSESSID=1", "PHPSESSID=2")).toEqual([
    "MISS: for PHPSESSID=1",
    "MISS: for PHPSESSID=2",
  ]);
});

test("Drupal: Vary: Cookie is about the session alone", async () => {
  await before(["drupal"], () => ({ "Cache-Control": "max-age=600, public", Vary: "Cookie" }));
  expect(
    await words("has_js=1; _ga=1", "has_js=1; _ga=2; theme=dark", "SESS1=anna; has_js=1", undefined),
  ).toEqual([
    "MISS: for a stranger",
    "HIT: for a stranger",
    "PASS: for SESS1=anna; has_js=1",
    "HIT: for a stranger",
  ]);
});

test("WooCommerce: who has something in the cart is passed on, and who looks around shares", async () => {
  await before(["wordpress", "woocommerce"], () => ({}));
  const cart = "woocommerce_items_in_cart=1; wp_woocommerce_session_1=anna";
  expect(await words(cart, "sbjs_first=a; _ga=1", undefined, cart)).toEqual([
    `PASS: for ${cart}`,
    "MISS: for sbjs_first=a; _ga=1",
    "HIT: for sbjs_first=a; _ga=1",
    `PASS: for ${cart}`,
  ]);
});

test("WooCommerce: a page that begins somebody's cart is not stored", async () => {
  await before(["wordpress", "woocommerce"], () => ({ "Set-Cookie": "wp_woocommerce_session_1=anna" }));
  await page();
  const second = await page();
  expect(second.field("X-Cache")).toBe("MISS");
});

test("WordPress: a page in chunks that states nothing is shared", async () => {
  proxy = await startProxy(
    async ({ send }) => {
      await send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
      );
    },
    { plan: planOf({ presetRules: presetOf("wordpress").rules }) },
  );
  await page();
  expect((await page()).field("X-Cache")).toBe("HIT");
});

test.each(["wordpress", "mediawiki", "drupal", "magento", "nextjs", "api", "static"])(
  "%s: what is answered to a password that the server asked for is nobody else's",
  async (name) => {
    await before([name], ({ request }) => ({ "X-For": request.field("Authorization") ?? "a stranger" }));
    const member = await proxy.get("/page", { Authorization: "Basic YTpi" });
    const stranger = await page();
    expect([member.field("X-For"), stranger.field("X-For")]).toEqual(["Basic YTpi", "a stranger"]);
    expect(stranger.field("X-Cache")).toBe("MISS");
  },
);
