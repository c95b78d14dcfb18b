/**
 * What a list of a million stored responses costs those who are served meanwhile: `bun test/bench/listing.ts [OBJECTS]`, after
 * `make cacheproxy` (some minutes, and 3 GB). How long each kind of page takes; and while the dearest is read again and again,
 * the slowest hit, and the slowest purge, which waits for the keeper and for each worker, beside those of a time without.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entriesAnswerSchema } from "../../src/control/entries.ts";
import { type RunningProxy, startProxy } from "../e2e/harness.ts";
import { type Hit, startHits } from "./keeper/timed-hits.ts";
import { storeMany } from "./many-responses.ts";
import { quantile } from "./statistics.ts";
import { takeAll } from "./take.ts";

const objects = Number(process.argv[2] ?? 1_000_000);
const directory = mkdtempSync(join(tmpdir(), "cacheproxy-listing-"));
const hitPaths = Array.from({ length: 1_000 }, (_, page) => `/hit/${page}`);
/** Few hits wait for nobody but the list; many leave it little of a processor. */
const pauses = [10, 0];
const measuredMilliseconds = 10_000;
const purgeEveryMilliseconds = 20;

const pages = {
  "the first by key": "limit=50",
  "a thousand by key, from the middle": "limit=1000&prefix=/some/path/of/usual/length/5",
  "the first by a tag": "tag=hundredth&sort=age",
  "the first by a glob": "glob=/some/**/1*7&sort=size",
  "the largest": "sort=size",
  "what ends first": "sort=left",
  "of a type that there is not": "type=video/mp4",
};
const dearest = "sort=left&type=text/*&limit=1000";

const origin = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: () =>
    new Response("a page of a kilobyte ".repeat(50), { headers: { "Cache-Control": "max-age=86400" } }),
});
try {
  storeMany(directory, objects);
  const flags = ["--log", "off", "--disk", "100GB", "--max-files", "100000000"];
  const proxy = await startProxy(`http://127.0.0.1:${origin.port}`, { cacheDir: directory, flags });
  try {
    await measureAll(proxy);
  } finally {
    await proxy.stop();
  }
} finally {
  await origin.stop(true);
  rmSync(directory, { recursive: true, force: true });
}

async function measureAll(proxy: RunningProxy): Promise<void> {
  for (const [name, query] of Object.entries({ ...pages, "the dearest": dearest })) {
    const { milliseconds, looked } = await page(proxy, query);
    console.log(`${name}: ${milliseconds.toFixed(0)} ms, ${looked} looked at`);
  }
  // Several times, so that each worker has them in its memory.
  for (let turn = 0; turn < 5; turn += 1) await takeAll(hitPaths.map((path) => `${proxy.url}${path}`));
  for (const pauseMilliseconds of pauses) {
    const hits = await startHits(proxy.url, { paths: hitPaths, connections: 16, pauseMilliseconds }, [1]);
    const without = await observe(proxy, undefined);
    const during = await observe(proxy, dearest);
    const seen = await hits.stop();
    console.log(`hits at a pause of ${pauseMilliseconds} ms`);
    console.log(`  without: ${told(seen, without)}`);
    console.log(`  while lists are read: ${told(seen, during)}; ${during.lists} lists`);
  }
}

interface Observed {
  readonly from: number;
  readonly until: number;
  readonly purges: readonly number[];
  readonly lists: number;
}

/** Purges what is not there, again and again; and lists meanwhile. */
async function observe(proxy: RunningProxy, query: string | undefined): Promise<Observed> {
  const from = Date.now();
  const purges: number[] = [];
  let lists = 0;
  let isOver = false;
  async function readLists(): Promise<void> {
    while (!isOver && query !== undefined) {
      await page(proxy, query);
      lists += 1;
    }
  }
  const reading = readLists();
  while (Date.now() - from < measuredMilliseconds || (query !== undefined && lists === 0)) {
    const begun = performance.now();
    await ask(proxy, "/purge", { path: "/nothing" });
    purges.push(performance.now() - begun);
    await Bun.sleep(purgeEveryMilliseconds);
  }
  const until = Date.now();
  isOver = true;
  await reading;
  return { from, until, purges, lists };
}

async function page(proxy: RunningProxy, query: string) {
  return entriesAnswerSchema.parse(await ask(proxy, `/entries?${query}`));
}

async function ask({ cacheDir }: RunningProxy, path: string, body?: object): Promise<unknown> {
  const post = { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(`http://localhost${path}`, {
    headers: { "Content-Type": "application/json" },
    ...(body === undefined ? {} : post),
    unix: join(cacheDir, "admin.sock"),
  });
  if (!response.ok) throw new Error(await response.text());
  return await response.json();
}

function told(hits: readonly Hit[], { from, until, purges }: Observed): string {
  const seen = hits.filter(({ begunAt }) => begunAt >= from && begunAt < until);
  const latencies = seen.map(({ microseconds }) => microseconds / 1000);
  return `hits ${seen.length}: ${quantiles(latencies)}; purges ${purges.length}: ${quantiles(purges)}`;
}

function quantiles(milliseconds: readonly number[]): string {
  const [p99, p999, longest] = [0.99, 0.999, 1].map((share) => quantile(milliseconds, share).toFixed(1));
  return `p99 ${p99} ms, p99.9 ${p999} ms, longest ${longest} ms`;
}
