/**
 * The origin behind every server: `bun origin.ts PORT`. /o/SIZE/NAME may be stored for a day, /vary/SIZE/NAME too
 * and has Vary: Accept-Encoding, /slow/SIZE/NAME takes a fifth of a second, /pass/SIZE may not be stored, and
 * /-/count tells how many of the others were asked for.
 */
const slowMilliseconds = 200;
const bodies = new Map<number, Uint8Array<ArrayBuffer>>();
let requests = 0;

function bodyOf(size: number): Uint8Array<ArrayBuffer> {
  const known = bodies.get(size);
  if (known !== undefined) return known;
  const body = new Uint8Array(size).map((_, index) => 97 + (index % 26));
  bodies.set(size, body);
  return body;
}

const storable = {
  "Cache-Control": "public, max-age=86400",
  "Content-Type": "text/plain; charset=utf-8",
  ETag: '"33a64df551425fcc55e4d42a148795d9f25f89d4"',
  "Last-Modified": "Tue, 14 Nov 2023 20:00:00 GMT",
  "Accept-Ranges": "bytes",
};
const fieldsOf: Readonly<Record<string, Record<string, string>>> = {
  o: storable,
  slow: storable,
  vary: { ...storable, Vary: "Accept-Encoding" },
  pass: { "Cache-Control": "no-store", "Content-Type": "text/plain; charset=utf-8" },
};

Bun.serve({
  port: Number(process.argv[2]),
  hostname: "127.0.0.1",
  idleTimeout: 0,
  development: false,
  async fetch(request) {
    const [, kind = "", size] = new URL(request.url).pathname.split("/");
    if (kind === "-") return new Response(`${requests}`);
    requests += 1;
    const headers = fieldsOf[kind];
    if (headers === undefined) return new Response("not here", { status: 404 });
    if (kind === "slow") await Bun.sleep(slowMilliseconds);
    return new Response(bodyOf(Number(size)), { headers });
  },
});
