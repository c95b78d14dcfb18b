/**
 * A cache of many responses: `bun test/bench/million.ts [OBJECTS]` (a million bodies of 1 KB by default; it takes some
 * minutes and 5 GB). How long a look-up on disk takes, how soon the binary gives its first answer after an end that was
 * orderly and after one that was not, and what the processes take in memory.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { primaryKey } from "../../src/rules/cache-key.ts";
import { checksumOf } from "../../src/store/disk/checksum.ts";
import { openDiskStore } from "../../src/store/disk/disk-store.ts";
import { openIndex } from "../../src/keeper/index.ts";
import { createDesks } from "../../src/keeper/desks.ts";
import type { NewRow } from "../../src/store/disk/keeper.ts";
import { createRemovals } from "../../src/store/removals.ts";
import { keeperAt } from "../store/directory.ts";
import { startProxy } from "../e2e/harness.ts";
import { get } from "../fixtures/raw-client.ts";
import { bytesOf, newId, policy, order } from "../store/samples.ts";

const objects = Number(process.argv[2] ?? 1_000_000);
const directory = mkdtempSync(join(tmpdir(), "cacheproxy-million-"));
const body = bytesOf(1024);
const checksum = checksumOf(body);
const onTrouble = (trouble: { code: string; message: string }) => console.error(trouble);
const targetOf = (i: number) => `/some/path/of/usual/length/${i}`;
/** As the proxy asks for it: see test/fixtures/raw-client.ts. */
const keyOf = (i: number) => primaryKey({ host: "cache.test", target: targetOf(i) });
const fields: [string, string][] = [
  ["cache-control", "public, max-age=86400"],
  ["content-type", "text/html; charset=utf-8"],
  ["etag", '"33a64df551425fcc55e4d42a148795d9f25f89d4"'],
  ["last-modified", "Tue, 14 Nov 2023 20:00:00 GMT"],
  ["server", "Apache/2.4.57 (Debian)"],
];
const seconds = (since: number) => ((Bun.nanoseconds() - since) / 1e9).toFixed(2);

function seed(): void {
  const begun = Bun.nanoseconds();
  const keeper = openIndex({ directory, now: Date.now, seed: 1, onTrouble });
  const at = Date.now();
  const fresh = policy({
    freshnessLifetime: 86_400,
    responseAt: at,
    dateAt: at,
  });
  for (let first = 0; first < objects; first += 1000) {
    const inserts: NewRow[] = [];
    for (let i = first; i < Math.min(first + 1000, objects); i++) {
      const id = at.toString(36) + newId();
      inserts.push({
        ...{ id, primaryKey: keyOf(i), variantKey: "", status: 200, size: 1024, version: at, checksum, body },
        policy: JSON.stringify(fresh),
        fields: JSON.stringify(fields),
        ...{ tags: [], spentAt: null, lastUsedAt: at, used: false, modifiedAt: null },
        afterRemoval: keeper.lastRemoval(),
      });
    }
    keeper.commit({ inserts, updates: [], uses: new Map(), verified: new Map(), damaged: [] });
    if (first % 50_000 === 0) keeper.checkpoint();
  }
  keeper.close();
  console.log(`${objects} responses made in ${seconds(begun)} s`);
}

/** To look up needs none. */
const noDesks = createDesks({ index: () => undefined, after: () => () => undefined, soon: (run) => run() });
const noKeeper = { ...keeperAt(noDesks), isThere: false };

async function lookUp(): Promise<void> {
  const store = openDiskStore({
    ...{ directory, onTrouble, order, newId, keeper: noKeeper },
    maxBytes: 1e12,
    now: Date.now,
    removals: createRemovals(1),
  });
  const times: number[] = [];
  for (let i = 0; i < 50_000; i++) {
    const key = keyOf(Math.floor(Math.random() * objects));
    const begun = Bun.nanoseconds();
    const found = await store.find(key);
    times.push((Bun.nanoseconds() - begun) / 1000);
    if (found.length !== 1) throw new Error(`${key} should be there`);
    if (i % 64 === 63) await Bun.sleep(0);
  }
  times.sort((one, other) => one - other);
  const at = (share: number) => (times[Math.floor(share * times.length)] ?? 0).toFixed(1);
  console.log(`look-up on disk: median ${at(0.5)} µs, p99 ${at(0.99)} µs`);
  await store.close();
}

function resident(pid: number): string {
  return `${(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024).toFixed(0)} MB`;
}

async function firstAnswer(how: string, end: "stop" | "kill"): Promise<void> {
  const begun = Bun.nanoseconds();
  const proxy = await startProxy("http://127.0.0.1:9", {
    cacheDir: directory,
    flags: ["--log", "off", "--workers", "2", "--disk", "100GB", "--max-files", "100000000"],
  });
  const { status } = await get(proxy.port, targetOf(1));
  console.log(`${how}: first answer (${status}) after ${seconds(begun)} s`);
  await Bun.sleep(5000);
  const workers = (await proxy.workerPids()).map(resident);
  console.log(
    `  resident after five seconds: supervisor ${resident(proxy.pid)}, workers ${workers.join(", ")}`,
  );
  if (proxy.stderr.text !== "") console.log(proxy.stderr.text);
  await proxy[end]();
}

try {
  seed();
  await lookUp();
  await firstAnswer("after an orderly end", "kill");
  await firstAnswer("after SIGKILL", "stop");
} finally {
  rmSync(directory, { recursive: true, force: true });
}
