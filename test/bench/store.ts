/**
 * What the stores cost on this machine: `bun test/bench/store.ts [OBJECTS] [DIRECTORY]` (100,000 bodies of 1 KB in a
 * temporary directory by default). Processor time of this process per call, and the spread of single calls.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ready, readyAt } from "../../src/serve/hit/ready.ts";
import { formatFolder } from "../../src/store/disk/index-format.ts";
import { openDiskStore } from "../../src/store/disk/disk-store.ts";
import { openIndex } from "../../src/keeper/index.ts";
import { createDesks } from "../../src/keeper/desks.ts";
import { systemAfter } from "../../src/store/after.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { createRemovals } from "../../src/store/removals.ts";
import type { Tier } from "../../src/store/tier.ts";
import { createTieredStore } from "../../src/store/tiers.ts";
import { keeperAt } from "../store/directory.ts";
import { bytesOf, newId, newResponse, order } from "../store/samples.ts";

const objects = Number(process.argv[2] ?? 100_000);
const directory = mkdtempSync(join(process.argv[3] ?? tmpdir(), "cacheproxy-bench-"));
const body = bytesOf(1024);
const common = { now: Date.now, order, newId };
const onTrouble = (trouble: { code: string; message: string }) => console.error(trouble);
const keyOf = (i: number) => `GET http://www.example.com/some/path/of/usual/length/${i}`;
const fields: [string, string][] = [
  ["cache-control", "public, max-age=3600"],
  ["content-type", "text/html; charset=utf-8"],
  ["date", "Tue, 14 Nov 2023 22:13:20 GMT"],
  ["etag", '"33a64df551425fcc55e4d42a148795d9f25f89d4"'],
  ["last-modified", "Tue, 14 Nov 2023 20:00:00 GMT"],
  ["server", "Apache/2.4.57 (Debian)"],
];

async function measure(what: string, count: number, call: (i: number) => unknown): Promise<void> {
  const times = new Float64Array(count);
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) {
    const begun = Bun.nanoseconds();
    const outcome = call(i);
    if (outcome instanceof Promise) await outcome;
    times[i] = (Bun.nanoseconds() - begun) / 1000;
    // Timers and grouped commits get their turn, as between requests.
    if (i % 64 === 63) await Bun.sleep(0);
  }
  const { user, system } = process.cpuUsage(before);
  times.sort();
  const at = (share: number) => (times[Math.floor(share * (count - 1))] ?? 0).toFixed(1);
  const processor = ((user + system) / count).toFixed(1);
  console.log(
    `${what.padEnd(44)} median ${at(0.5).padStart(7)} µs   p99 ${at(0.99).padStart(8)}   processor ${processor.padStart(6)}`,
  );
}

async function store(into: Tier, i: number): Promise<void> {
  const writer = await into.write(newResponse({ primaryKey: keyOf(i), fields }), body.byteLength);
  await writer.write(body);
  await writer.commit();
  writer.release();
}

function random(): number {
  return Math.floor(Math.random() * objects);
}

try {
  const reads = Math.min(objects, 50_000);
  const memory = createMemoryStore<Ready>({
    removals: createRemovals(1),
    maxBytes: 4 * 1024 ** 3,
    ...common,
  });
  const residentBefore = process.memoryUsage().rss;
  const tellWeight = (what: string) => {
    const resident = (process.memoryUsage().rss - residentBefore) / objects;
    const counted = (memory.bytes / objects).toFixed(0);
    console.log(`memory, ${what}: ${counted} bytes counted, ${resident.toFixed(0)} resident an object`);
  };
  await measure("memory: store 1 KB", objects, (i) => store(memory, i));
  tellWeight("packed");
  await measure("memory: peek and prepare", objects, (i) => {
    for (const entry of memory.peek(keyOf(i)) ?? [])
      readyAt(entry, entry.response.policy.responseAt, { showKey: false, keepTags: false });
  });
  tellWeight("in use");
  await measure("memory: peek again", reads, () => memory.peek(keyOf(random())));
  await memory.remove({ by: "all" });

  const keeper = openIndex({ directory, seed: 1, now: Date.now, onTrouble });
  // In this process: what the keeper's part of the work takes is in the figures.
  const desks = createDesks({ index: () => keeper, after: systemAfter, soon: setImmediate });
  const disk = openDiskStore({
    ...{ directory, onTrouble, keeper: keeperAt(desks), removals: createRemovals(1), ...common },
    maxBytes: 1e12,
  });
  await measure("disk: store 1 KB", objects, (i) => store(disk, i));
  const large = bytesOf(10 * 1024 * 1024);
  await measure("disk: store 10 MB", 20, async (i) => {
    const writer = await disk.write(newResponse({ primaryKey: `large ${i}` }), large.byteLength);
    for (let start = 0; start < large.byteLength; start += 65_536)
      await writer.write(large.subarray(start, start + 65_536));
    await writer.commit();
    writer.release();
  });
  disk.flush();
  keeper.checkpoint();
  await measure("disk: find, not there", reads, (i) => disk.find(`not there ${i}`));
  await measure("disk: find, first time", reads, () => disk.find(keyOf(random())));
  await measure("disk: find, again", reads, (i) => disk.find(keyOf(i % 5000)));
  const tiered = createTieredStore(memory, disk, onTrouble);
  await measure("tiered: find and promote 1 KB", Math.min(reads, 20_000), () => tiered.find(keyOf(random())));
  await measure("tiered: find, held in memory", Math.min(reads, 20_000), (i) => tiered.find(keyOf(i % 1000)));
  await measure("tiered: store 1 KB", Math.min(reads, 20_000), (i) => store(tiered, objects + i));
  console.log(`resident ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MB`);
  await tiered.close();

  keeper.checkpoint();
  const indexFolder = join(directory, formatFolder);
  const indexBytes = readdirSync(indexFolder)
    .filter((name) => name.startsWith("index.sqlite"))
    .reduce((sum, name) => sum + statSync(join(indexFolder, name)).size, 0);
  console.log(`index: ${(indexBytes / 2 ** 20).toFixed(0)} MB for ${keeper.totals().objects} objects`);
  await measure("keeper: choose and delete 256 rows", 40, () => {
    keeper.deleteRows(keeper.evictionCandidates({ bytes: 256 * 5000, files: 0 }).slice(0, 256));
  });
  const reopen = (what: string) => {
    const begun = Bun.nanoseconds();
    const again = openIndex({ directory, seed: 1, now: Date.now, onTrouble });
    again.rowsAfter(0, 1);
    console.log(`${what}: first answer after ${((Bun.nanoseconds() - begun) / 1e6).toFixed(0)} ms`);
    return again;
  };
  reopen("open after an unclean stop").close();
  keeper.close();
  reopen("open after a clean stop").close();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
