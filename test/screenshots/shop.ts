/** A server of a shop and of its journal, which makes the mistakes that such servers make. */
export interface Shop {
  readonly url: string;
  stop(): Promise<void>;
}

interface Page {
  readonly path: RegExp;
  readonly fields: Readonly<Record<string, string>>;
  /** Bytes of the body. */
  readonly size: number;
  /** Milliseconds until it is answered. */
  readonly takes: number;
}

const html = { "Content-Type": "text/html; charset=utf-8" };
const picture = { "Content-Type": "image/webp" };
const json = { "Content-Type": "application/json" };

const pages: readonly Page[] = [
  {
    path: /^\/$/,
    fields: { ...html, "Cache-Control": "max-age=30", ETag: '"home"' },
    size: 18_000,
    takes: 60,
  },
  {
    path: /^\/product\//,
    fields: { ...html, "Cache-Control": "max-age=300", "Cache-Tag": "products" },
    size: 32_000,
    takes: 90,
  },
  {
    path: /^\/list\//,
    fields: { ...html, "Cache-Control": "max-age=60", Vary: "User-Agent" },
    size: 45_000,
    takes: 140,
  },
  { path: /^\/img\//, fields: picture, size: 60_000, takes: 15 },
  {
    path: /^\/static\//,
    fields: { "Content-Type": "text/css", "Cache-Control": "max-age=31536000, immutable" },
    size: 24_000,
    takes: 8,
  },
  {
    path: /^\/welcome$/,
    fields: { ...html, "Cache-Control": "max-age=300", "Set-Cookie": "visit=8c1f; Path=/" },
    size: 12_000,
    takes: 40,
  },
  {
    path: /^\/api\/stock$/,
    fields: { ...json, "Cache-Control": "max-age=2, stale-while-revalidate=10" },
    size: 900,
    takes: 25,
  },
  { path: /^\/search$/, fields: { ...html, "Cache-Control": "no-store" }, size: 22_000, takes: 180 },
  { path: /^\/account$/, fields: { ...html, "Cache-Control": "private" }, size: 9000, takes: 70 },
  { path: /^\/cart$/, fields: html, size: 7000, takes: 110 },
  {
    path: /^\/journal\//,
    fields: { ...html, "Cache-Control": "max-age=600", "Last-Modified": "Mon, 05 Jan 2026 08:00:00 GMT" },
    size: 28_000,
    takes: 50,
  },
];

export function serveShop(): Shop {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const page = pages.find(({ path }) => path.test(pathname));
      if (page === undefined) return new Response("There is no such page.\n", { status: 404, headers: html });
      await Bun.sleep(page.takes * (0.6 + 0.8 * Math.random()));
      // A journal that is ill now and then, so that there is something to be seen of origins.
      const isIll = pathname.startsWith("/journal/") && Math.random() < 0.03;
      return isIll
        ? new Response("not now\n", { status: 503 })
        : new Response("x".repeat(page.size), { headers: page.fields });
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) };
}

/** The configuration of a cacheproxy before two such servers. */
export function fileFor([first, second]: readonly [Shop, Shop]): string {
  return `
[[site]]
name    = "shop"
hosts   = ["shop.example"]
origins = ["${first.url}", "${second.url}"]
health  = "/"

[[site]]
name       = "journal"
hosts      = ["journal.example"]
origins    = ["${second.url}"]
max-outage = "1h"
`;
}
