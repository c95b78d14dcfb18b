import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Origin, startOrigin } from "../fixtures/origin.ts";
import { get, type RawResponse } from "../fixtures/raw-client.ts";
import { serving } from "../fixtures/representation.ts";
import { bytesOf } from "../store/samples.ts";
import { type RunningProxy, startProxy } from "./harness.ts";

const size = 8_000_000;
const film = { bytes: bytesOf(size), fields: { "Cache-Control": "max-age=600", ETag: '"film"' } };
const note = { bytes: bytesOf(5000), fields: { "Cache-Control": "max-age=600", ETag: '"note"' } };

let origin: Origin;
let cacheDir: string;
let proxy: RunningProxy;
beforeAll(async () => {
  const [films, notes] = [serving(film), serving(note)];
  origin = await startOrigin((exchange) =>
    (exchange.request.target.startsWith("/note") ? notes : films)(exchange),
  );
});
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "cacheproxy-partial-"));
  proxy = await start();
});
afterEach(async () => {
  await proxy.stop();
  await rm(cacheDir, { recursive: true, force: true });
});
afterAll(() => origin.stop());

function start(): Promise<RunningProxy> {
  return startProxy(origin.url, { cacheDir, flags: ["--log", "off"] });
}

/** How the answer came about, and that it is right. */
async function range(target: string, first: number, last: number, of = film): Promise<string | null> {
  const answer = await get(proxy.port, target, { Range: `bytes=${first}-${last}` });
  expect([answer.status, answer.field("Content-Range")]).toEqual([
    206,
    `bytes ${first}-${last}/${of.bytes.length}`,
  ]);
  expectBytes(answer, of.bytes.subarray(first, last + 1));
  return answer.field("X-Cache");
}

function expectBytes(answer: RawResponse, bytes: Uint8Array): void {
  expect(answer.complete).toBe(true);
  expect(Buffer.compare(Buffer.from(answer.body), Buffer.from(bytes))).toBe(0);
}

/** The whole from the cache, as soon as the worker that is asked finds it there. */
async function cached(target: string): Promise<RawResponse> {
  for (;;) {
    const answer = await get(proxy.port, target, { "Cache-Control": "only-if-cached" });
    if (answer.status !== 504) return answer;
  }
}

function askedSince(count: number): (string | null)[] {
  return origin.requests.slice(count).map((request) => request.field("range"));
}

test("what any worker has fetched of a large file is fetched by none again, and all of it becomes the whole", async () => {
  const before = origin.requests.length;
  expect(await range("/film", 1_000_000, 2_999_999)).toBe("MISS");
  expect(await range("/film", 0, 3_999_999)).toBe("PARTIAL");
  for (let i = 0; i < 8; i++) expect(await range("/film", i * 500_000, i * 500_000 + 499_999)).toBe("HIT");
  const whole = await get(proxy.port, "/film");
  expect([whole.status, whole.field("X-Cache")]).toEqual([200, "PARTIAL"]);
  expectBytes(whole, film.bytes);
  expect(askedSince(before)).toEqual([
    "bytes=1000000-2999999",
    "bytes=0-999999",
    "bytes=3000000-3999999",
    "bytes=4000000-",
  ]);
  expectBytes(await cached("/film"), film.bytes);
}, 30_000);

test("what was fetched outlives a stop, and a kill", async () => {
  await range("/film", 1_000_000, 2_999_999);
  await proxy.stop();
  proxy = await start();
  const before = origin.requests.length;
  expect(await range("/film", 2_000_000, 2_999_999)).toBe("HIT");
  await range("/film", 3_000_000, 3_999_999);
  await proxy.kill();
  proxy = await start();
  expect(await range("/film", 1_500_000, 3_500_000)).toBe("HIT");
  expect(askedSince(before)).toEqual(["bytes=3000000-3999999"]);
}, 30_000);

test("a range of something small brings the whole into the cache", async () => {
  const before = origin.requests.length;
  expect(await range("/note", 10, 19, note)).toBe("MISS");
  await origin.untilExchange(before + 2);
  expectBytes(await cached("/note"), note.bytes);
  expect(askedSince(before)).toEqual(["bytes=10-19", null]);
}, 30_000);
