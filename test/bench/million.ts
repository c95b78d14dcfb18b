/**
 * A cache of many responses: `bun test/bench/million.ts [OBJECTS]` (a million bodies of 1 KB by default; it takes some
 * minutes and 5 GB). How long a look-up on disk takes, how soon the binary gives its first answer after an end that was
 * orderly and after one that was not, and what the processes take in memory.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDiskStore } from "../../src/store/disk/disk-store.ts";
import { createRemovals } from "../../src/store/removals.ts";
import { startProxy } from "../e2e/harness.ts";
import { get } from "../fixtures/raw-client.ts";
import { newId, order } from "../store/samples.ts";
import { keyOf, noKeeper, onTrouble, secondsSince, storeMany, targetOf } from "./many-responses.ts";

const objects = Number(process.argv[2] ?? 1_000_000);
const directory = mkdtempSync(join(tmpdir(), "cacheproxy-million-"));
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
  console.log(`${how}: first answer (${status}) after ${secondsSince(begun)} s`);
  await Bun.sleep(5000);
  const workers = (await proxy.workerPids()).map(resident);
  console.log(
    `  resident after five seconds: supervisor ${resident(proxy.pid)}, workers ${workers.join(", ")}`,
  );
  if (proxy.stderr.text !== "") console.log(proxy.stderr.text);
  await proxy[end]();
}

try {
  storeMany(directory, objects);
  await lookUp();
  await firstAnswer("after an orderly end", "kill");
  await firstAnswer("after SIGKILL", "stop");
} finally {
  rmSync(directory, { recursive: true, force: true });
}
