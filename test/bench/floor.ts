/**
 * The limit of the platform: `bun floor.ts PORT ORIGIN ANSWER FOLDER [CERT KEY]`. Every request is answered from a Map with a
 * prebuilt Headers and Blob, or a file where the body is large, and nothing else is done. What is not in the Map is
 * fetched, and kept in memory unless it is no-store.
 */
import { join } from "node:path";

const [port, origin, answer, folder = "", cert, key] = process.argv.slice(2);
const largeBytes = 2 * 1024 * 1024;
const rangeEnd = 65_536;
const kept = new Map<string, { readonly body: Blob | null; readonly init: ResponseInit }>();

async function fill(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const response = await fetch(`${origin}${pathname}`, { decompress: false, proxy: false });
  const bytes = await response.arrayBuffer();
  const headers = new Headers(response.headers);
  headers.delete("content-length");
  headers.set("X-Cache", "HIT");
  headers.set("Age", "0");
  if (response.headers.get("cache-control") === "no-store") return new Response(bytes, { headers });
  let body = new Blob([bytes]);
  if (bytes.byteLength > largeBytes) {
    const path = join(folder, `${kept.size}.body`);
    await Bun.write(path, bytes);
    body = Bun.file(path, { type: "text/plain" });
  }
  if (answer === "range") headers.set("Content-Range", `bytes 0-${rangeEnd - 1}/${bytes.byteLength}`);
  if (answer === "not-modified") kept.set(request.url, { body: null, init: { status: 304, headers } });
  else if (answer === "range")
    kept.set(request.url, { body: body.slice(0, rangeEnd, "text/plain"), init: { status: 206, headers } });
  else kept.set(request.url, { body, init: { status: 200, headers } });
  return new Response(bytes, { headers });
}

Bun.serve({
  port: Number(port),
  hostname: "127.0.0.1",
  idleTimeout: 120,
  development: false,
  ...(cert && key ? { tls: { cert: Bun.file(cert), key: Bun.file(key) }, http2: true } : {}),
  fetch(request) {
    const found = kept.get(request.url);
    return found === undefined ? fill(request) : new Response(found.body, found.init);
  },
});
