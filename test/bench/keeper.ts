/**
 * What one keeper of the disk changes: `BEFORE=/path/of/an/older/cacheproxy bun test/bench/keeper.ts` measures that binary
 * and ./cacheproxy in turns, and nginx where it is a measure. ROUNDS=5, SECONDS=3, ONLY="miss|hits|posts|million",
 * QUICK=1 as for `make bench`; OBJECTS=1000000 is how many the cache of many objects holds. All servers have two workers
 * and the options they have by themselves, on two cores; where there are fewer than four, the load is on the same two.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { binary } from "../e2e/harness.ts";
import { cacheproxyOf } from "./contenders.ts";
import { readCores } from "./cores.ts";
import { messageOf } from "./failure.ts";
import { hits } from "./keeper/hits.ts";
import { million } from "./keeper/million.ts";
import { misses } from "./keeper/misses.ts";
import { type Bench, type Binary, killAll, type Part } from "./keeper/part.ts";
import { posts } from "./keeper/posts.ts";
import { createTable } from "./keeper/table.ts";
import { startBenchOrigin } from "./origin-process.ts";
import { nginx } from "./peers/nginx.ts";
import { treeOf } from "./processes.ts";
import { readSettings } from "./settings.ts";
import { arenaOf } from "./specials/two-workers.ts";

const parts: readonly Part[] = [misses, hits, posts, million];

const older = process.env["BEFORE"];
if (older === undefined) throw new Error("BEFORE names the older binary");
const settings = readSettings(process.env);
const table = createTable(console.error);
// All that is made while it runs lies in this folder: it goes as a whole.
const folder = await mkdtemp(join(tmpdir(), "keeper-"));
process.env["TMPDIR"] = folder;
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, giveUp);
const origin = await startBenchOrigin();
try {
  await measure({
    binaries: [binaryOf("before", older), binaryOf("after", binary)],
    nginx,
    origin,
    arena: arenaOf(readCores()),
    settings,
    table,
    objects: Number(process.env["OBJECTS"] ?? 1_000_000),
  });
} finally {
  await origin.stop();
  await rm(folder, { recursive: true, force: true });
}
console.log(table.text());

function binaryOf(name: string, path: string): Binary {
  const program = resolve(path);
  return { ...cacheproxyOf(name, program), program };
}

/** A part that fails leaves the others their turn. */
async function measure(bench: Bench): Promise<void> {
  for (const part of parts.filter(({ name }) => settings.workloads.test(name))) {
    console.error(`${part.name} …`);
    try {
      await part.measure(bench);
    } catch (error) {
      process.exitCode = 1;
      table.remark(`${part.name} failed: ${messageOf(error)}`);
    }
  }
}

/** The figures so far are told; what was started is ended with all that it started. */
function giveUp(): void {
  killAll(treeOf(process.pid).slice(1));
  console.log(table.text());
  Bun.spawnSync(["rm", "-rf", folder]);
  process.exit(130);
}
