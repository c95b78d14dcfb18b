import { startOrigin } from "../fixtures/origin.ts";
import type { RunningBrowser, View } from "./browser.ts";
import type { Keep } from "./cleanup.ts";
import { startWatchedProxy } from "./watched.ts";

/** A shop behind a proxy of two workers, and the operator's page of that. */
export async function openShop(keep: Keep, open: RunningBrowser["open"]) {
  const origin = keep(
    await startOrigin((exchange) => {
      const setsCookie = /^\/(cart|offers)/.test(exchange.request.target);
      const fields = setsCookie ? { "Set-Cookie": "session=anna" } : { "Cache-Control": "max-age=60" };
      return void exchange.respond(200, fields, "a page");
    }),
  );
  const proxy = keep(await startWatchedProxy(origin.url, { flags: ["--log", "off"] }));
  return {
    origin,
    /** Of the proxy. */
    url: proxy.url,
    /** "requests", or "explain?url=/cart" */
    openPage: (section: string, width = 1440): Promise<View> => proxy.look(open, `#/${section}`, { width }),
    async visit(path: string, method = "GET") {
      await (await fetch(proxy.url + path, { method })).bytes();
    },
  };
}
