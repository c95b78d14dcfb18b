import type { Script } from "../fixtures/origin.ts";

/** What requests are asked in tests that compare the short cut with the long way. */

/** Status, fields and body of the answer to each path. */
export const responses: Record<string, readonly [number, Record<string, string>, string]> = {
  "/plain": [200, { "Cache-Control": "max-age=60", "Content-Type": "text/plain", ETag: '"v1"' }, "hello"],
  "/modified": [
    200,
    {
      "Cache-Control": "max-age=60",
      "Content-Type": "text/html",
      "Last-Modified": "Wed, 31 Dec 2025 12:00:00 GMT",
    },
    "<p>hi",
  ],
  "/large": [
    200,
    { "Cache-Control": "max-age=60", "Content-Type": "text/plain", ETag: '"v1"' },
    "0123456789".repeat(2000),
  ],
  "/large-untyped": [200, { "Cache-Control": "max-age=60", ETag: '"v1"' }, "9876543210".repeat(2000)],
  "/untyped": [200, { "Cache-Control": "max-age=60" }, "no type"],
  "/untyped-nosniff": [
    200,
    { "Cache-Control": "max-age=60", "X-Content-Type-Options": "nosniff" },
    "0123456789".repeat(3000),
  ],
  "/empty-type": [200, { "Cache-Control": "max-age=60", "Content-Type": "" }, "x".repeat(30_000)],
  "/download": [
    200,
    { "Cache-Control": "max-age=60", "Content-Type": "application/octet-stream" },
    "y".repeat(30_000),
  ],
  "/empty": [200, { "Cache-Control": "max-age=60", "Content-Type": "text/plain" }, ""],
  "/none": [204, { "Cache-Control": "max-age=60" }, ""],
  "/gone": [404, { "Cache-Control": "max-age=60", "Content-Type": "text/plain" }, "gone"],
  "/moved": [
    301,
    { "Cache-Control": "max-age=60", Location: "/plain", "Content-Type": "text/plain" },
    "moved",
  ],
  "/error": [503, { "Cache-Control": "max-age=60", "Content-Type": "text/plain" }, "down"],
  "/upstream": [
    200,
    {
      "Cache-Control": "max-age=60",
      "Content-Type": "text/plain",
      Age: "7",
      Via: "1.1 other",
      "Cache-Status": "other; hit; ttl=20",
      "X-Cache": "HIT from other",
      "X-Bytes": "\xe9 \xc3\xa9",
    },
    "chained",
  ],
  "/immutable": [200, { "Cache-Control": "max-age=60, immutable", "Content-Type": "text/css" }, "a{}"],
  "/no-cache": [
    200,
    { "Cache-Control": "no-cache, max-age=60", "Content-Type": "text/plain", ETag: '"n"' },
    "x",
  ],
  "/cookie": [200, { "Cache-Control": "max-age=60", "Content-Type": "text/plain", "Set-Cookie": "a=1" }, "c"],
  "/coded": [
    200,
    { "Cache-Control": "max-age=60", "Content-Type": "text/css", Vary: "Accept-Encoding", ETag: '"v1"' },
    "b{}",
  ],
  "/compressed": [
    200,
    {
      "Cache-Control": "max-age=60",
      "Content-Type": "text/css",
      "Content-Encoding": "br",
      Vary: "Accept-Encoding, Accept-Language",
    },
    "not really",
  ],
  "/weak": [
    200,
    {
      "Cache-Control": "max-age=60",
      "Content-Type": "text/plain",
      "Content-Language": "en",
      "Last-Modified": "Wed, 31 Dec 2025 12:00:00 GMT",
      ETag: 'W/"v1"',
    },
    "weak",
  ],
  "/unstated": [
    200,
    { "Content-Type": "text/plain", "Last-Modified": "Wed, 31 Dec 2025 12:00:00 GMT", ETag: '"v1"' },
    "for nobody in particular",
  ],
  "/shared": [200, { "Cache-Control": "public, max-age=60", "Content-Type": "text/plain" }, "for all"],
  "/varies": [200, { "Cache-Control": "max-age=60", "Content-Type": "text/plain", Vary: "X-Kind" }, "v"],
  ...Object.fromEntries(
    [
      "X_Kind",
      "Accept",
      "User-Agent",
      "Host",
      "X-Forwarded-Host",
      "X-Forwarded-Proto",
      "Via",
      "X-Real-IP",
      "TE",
    ].map((name) => [
      `/varies-by-${name}`,
      [200, { "Cache-Control": "max-age=60", "Content-Type": "text/plain", Vary: name }, name] as const,
    ]),
  ),
};

/** Fields of requests, one set after the other. */
export const conditions: readonly Record<string, string>[] = [
  {},
  { "User-Agent": "test", Accept: "*/*", "Accept-Encoding": "gzip, br", Cookie: "a=b" },
  { Cookie: "_ga=1; _gid=2" },
  { "X-Api-Key": "k" },
  { Signature: "sig1=:a:", Cookie: "_ga=1" },
  { "Cache-Control": "no-cache" },
  { "Cache-Control": "max-age=0" },
  { "Cache-Control": "max-age=30" },
  { "Cache-Control": "min-fresh=100" },
  { "Cache-Control": "max-stale" },
  { "Cache-Control": "no-store" },
  { "Cache-Control": "only-if-cached" },
  { Pragma: "no-cache" },
  { "If-None-Match": '"v1"' },
  { "If-None-Match": "*" },
  { "If-None-Match": '"other", W/"v1"' },
  { "If-None-Match": "v1" },
  { "If-None-Match": '"v2"', "If-Modified-Since": "Wed, 31 Dec 2025 12:00:00 GMT" },
  { "If-None-Match": '"v1"', "If-Match": '"v2"' },
  { "If-None-Match": '"v1"', "Cache-Control": "max-age=0" },
  { "If-None-Match": '"v1"', Range: "bytes=0-1" },
  { "If-Modified-Since": "Tue, 30 Dec 2025 12:00:00 GMT" },
  { "If-Modified-Since": "yesterday" },
  { "Accept-Encoding": "br;q=1, gzip" },
  { "Accept-Encoding": "identity", "Accept-Language": "en" },
  { "Accept-Encoding": "br", "If-None-Match": '"v1"' },
  { "If-Match": '"v2"' },
  { "If-Modified-Since": "Wed, 31 Dec 2025 12:00:00 GMT" },
  { "If-Unmodified-Since": "Tue, 30 Dec 2025 12:00:00 GMT" },
  { Range: "bytes=0-1" },
  { Range: "bytes=-1", "If-Range": '"v1"' },
  { Range: "bytes=90-" },
  { Range: "bytes=5-" },
  { Range: "bytes=100-18999" },
  { Range: "bytes=-3" },
  { Range: "bytes=0-0,3-4" },
  { Range: "bytes=3-2" },
  { Range: "bytes=1-2", "If-Range": '"v1"' },
  { Range: "bytes=1-2", "If-Range": '"v2"' },
  { Range: "bytes=1-2", "If-None-Match": '"v2"' },
  { Range: "bytes=1-2", "If-Match": '"v1"' },
  { Range: "bytes=1-2", "Cache-Control": "max-age=30" },
  { Range: "BYTES=1-2" },
  { Range: "bytes= 1-2" },
  { Range: "lines=1-2" },
  { Range: "bytes=1-99999999999999999999" },
  { "If-Range": '"v1"' },
  { Authorization: "Basic YTpi" },
  { "X-Kind": "a" },
  { "X-Kind": "b" },
  { Host: "other.example:81" },
  { Host: "a, b" },
  { Host: "a/b" },
  { Host: "" },
  { "CDN-Loop": 'cacheproxy; id="loop-of-this-test"' },
  { "Content-Length": "0" },
  { "Content-Length": "0, 0" },
  { Connection: "close" },
  { Connection: "close, X-Kind", "X-Kind": "a" },
  { Connection: "Accept", Accept: "text/css" },
  { X_Kind: "a" },
  { "X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "https", "X-Real-IP": "6.6.6.6" },
  { Via: "1.0 a" },
  { TE: "trailers", Connection: "TE" },
  { Accept: "*/*", "User-Agent": "cacheproxy" },
  { Host: "CACHE.test:80" },
  { Host: "cache.test:00080" },
  { Host: "cache.test:" },
  { Expect: "100-continue" },
  { Upgrade: "websocket", Connection: "Upgrade" },
];

/** Answers as the table says; where there is a condition, with a 304. */
export const script: Script = (exchange) => {
  const [path = ""] = exchange.request.target.split("?");
  const [status, fields, body] = responses[path] ?? [404, {}, "unknown"];
  const dated = { Date: "Thu, 01 Jan 2026 12:00:00 GMT", ...fields };
  const unchanged = exchange.request.field("if-none-match") !== null && status === 200;
  if (!unchanged) return void exchange.respond(status, dated, body);
  const lines = Object.entries(dated).map(([name, value]) => `${name}: ${value}\r\n`);
  return void exchange.send(`HTTP/1.1 304 Not Modified\r\n${lines.join("")}\r\n`);
};
