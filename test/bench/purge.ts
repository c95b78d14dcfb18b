/**
 * What a purge of 50,000 responses by one tag costs those who are served meanwhile, hard and soft: 16 connections take hits
 * of other pages all the while. How long the slowest of them took while the purge was under way, how long that took, and
 * whether any of the 50,000 was answered from the cache after it had returned. `make cacheproxy`, then
 * `bun test/bench/purge.ts`
 */
import { join } from "node:path";
import { type PurgeAnswer, purgeAnswerSchema } from "../../src/control/purge.ts";
import { startProxy } from "../e2e/harness.ts";
import { type Hit, startHits } from "./keeper/timed-hits.ts";
import { quantile } from "./statistics.ts";
import { takeAll } from "./take.ts";

const tagged = 50_000;
const rounds = 3;
const aroundMilliseconds = 500;
const hitPaths = Array.from({ length: 1_000 }, (_, page) => `/hit/${page}`);
const taggedPaths = Array.from({ length: tagged }, (_, page) => `/tagged/${page}`);
/** As many hits as go through, and few, which wait for nobody but the purge. */
const pauses = [0, 10];

const body = "a page of a kilobyte ".repeat(50);
const origin = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request) {
    const isTagged = request.url.includes("/tagged/");
    const fields = { "Cache-Control": "public, max-age=86400, stale-while-revalidate=600" };
    return new Response(body, { headers: isTagged ? { ...fields, "Surrogate-Key": "all news" } : fields });
  },
});
const proxy = await startProxy(`http://127.0.0.1:${origin.port}`, { flags: ["--log", "off"] });
try {
  await takeAll(urlsOf(hitPaths));
  // Once more, so that each worker has them in its memory.
  for (let turn = 0; turn < 4; turn += 1) await takeAll(urlsOf(hitPaths));
  for (const pause of pauses) {
    for (let round = 0; round < rounds; round += 1) {
      for (const soft of [false, true]) console.log(await measure(pause, soft));
    }
  }
} finally {
  await proxy.stop();
  await origin.stop(true);
}

async function measure(pauseMilliseconds: number, soft: boolean): Promise<string> {
  await takeAll(urlsOf(taggedPaths));
  await Bun.sleep(2_000);
  const load = { paths: hitPaths, connections: 16, pauseMilliseconds };
  const timed = await startHits(proxy.url, load, [1]);
  await Bun.sleep(aroundMilliseconds);
  const from = Date.now();
  const { purged } = await purge(soft);
  const until = Date.now();
  await Bun.sleep(aroundMilliseconds);
  const seen = await timed.stop();
  const during = seen.filter(
    ({ begunAt, microseconds }) => begunAt < until && begunAt + microseconds / 1000 > from,
  );
  return [
    `${soft ? "soft" : "hard"}, hits at a pause of ${pauseMilliseconds} ms`,
    `purged ${purged} in ${until - from} ms`,
    `hits meanwhile ${during.length}: p99 ${inMilliseconds(during, 0.99)} ms, longest ${inMilliseconds(during, 1)} ms`,
    `fresh hits of what was purged: ${await freshAfter()} of ${tagged}`,
  ].join("; ");
}

/** How many of those that were purged are answered as if they were not; a soft purge leaves them stale. */
async function freshAfter(): Promise<number> {
  let fresh = 0;
  const waiting = taggedPaths.values();
  const takers = Array.from({ length: 32 }, async () => {
    for (const path of waiting) {
      const response = await fetch(`${proxy.url}${path}`);
      await response.arrayBuffer();
      if (response.headers.get("x-cache") === "HIT") fresh += 1;
    }
  });
  await Promise.all(takers);
  return fresh;
}

async function purge(soft: boolean): Promise<PurgeAnswer> {
  const response = await fetch("http://localhost/purge", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ tag: "news", soft }),
    unix: join(proxy.cacheDir, "admin.sock"),
  });
  if (!response.ok) throw new Error(await response.text());
  return purgeAnswerSchema.parse(await response.json());
}

function inMilliseconds(some: readonly Hit[], share: number): string {
  const latencies = some.map(({ microseconds }) => microseconds / 1000);
  return quantile(latencies, share).toFixed(1);
}

function urlsOf(paths: readonly string[]): Iterable<string> {
  return Iterator.from(paths).map((path) => `${proxy.url}${path}`);
}
