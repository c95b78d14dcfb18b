/**
 * `make profile`: one workload under Bun's CPU profiler, a worker run from source. ONLY="miss" chooses the first workload
 * of that name (a hit of 1 KB by default), SECONDS=5 how long, INTERVAL=200 how often the profiler looks, in microseconds,
 * OUTPUT=dist/profile where the profile goes: a .cpuprofile for Chrome's or VS Code's profiler, and a .md to read.
 */
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { loadSettings } from "../../src/config/load.ts";
import type { Settings } from "../../src/config/schema.ts";
import { fromKeeperSchema, type ToKeeper } from "../../src/control/keeper-messages.ts";
import { fromWorkerSchema, type ToWorker } from "../../src/control/messages.ts";
import { systemClock } from "../../src/system/clock.ts";
import { childSpawner } from "../../src/supervisor/worker-process.ts";
import { freePort } from "../fixtures/port.ts";
import { coreOfServers, pinned } from "./cores.ts";
import { runLoad } from "./load.ts";
import { type BenchOrigin, startBenchOrigin } from "./origin-process.ts";
import { readSettings } from "./settings.ts";
import { takeAll } from "./take.ts";
import { pathsOf, workloads } from "./workloads.ts";

const graceMilliseconds = 1000;
const settings = readSettings({ ONLY: "^hit 1 KB$", SECONDS: "5", OUTPUT: "dist/profile", ...process.env });
const workload = workloads.find(({ name, load }) => settings.workloads.test(name) && !load.http2);
if (workload === undefined)
  throw new Error(`${settings.workloads} names none of the workloads over HTTP/1.1`);
const output = resolve(settings.output);
await mkdir(output, { recursive: true });
const cacheDir = await mkdtemp(join(tmpdir(), "cacheproxy-profile-"));
const origin = await startBenchOrigin();
const worker = await startWorker(origin);
try {
  await takeAll(pathsOf(workload).map((path) => `${worker.url}${path}`));
  console.error(`${workload.name}, ${settings.seconds} s …`);
  const figures = await runLoad(worker.url, workload.load, settings.seconds);
  console.error(`${Math.round(figures.requests / figures.seconds)} requests a second, under the profiler`);
} finally {
  await worker.drain();
  await origin.stop();
  await rm(cacheDir, { recursive: true, force: true });
}
for (const name of await readdir(output)) console.log(join(settings.output, name));

/** In the supervisor's place: the worker's process is what is to be measured, and it alone. */
async function startWorker({ port: originPort }: BenchOrigin) {
  const port = await freePort();
  const written = {
    host: "127.0.0.1",
    port,
    origin: `http://127.0.0.1:${originPort}`,
    workers: 1,
    cacheDir,
    log: "off",
  };
  const { settings: worker, plan } = await loadSettings({
    flags: Object.fromEntries(
      Object.entries(written).map(([name, value]) => [name, { where: name, text: `${value}` }]),
    ),
    environment: {},
    machine: { platform: process.platform, cores: 1, terminal: false },
    readFile: (path) => Bun.file(path).text(),
  });
  const keeper = await startKeeper(worker);
  const profiler = [
    "--cpu-prof",
    "--cpu-prof-md",
    "--cpu-prof-interval",
    `${settings.intervalMicroseconds}`,
    "--cpu-prof-dir",
    output,
  ];
  const main = resolve(import.meta.dir, "../../src/main.ts");
  const command = pinned([coreOfServers()], [process.execPath, ...profiler, main, "worker"]);
  const ready = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const child = childSpawner<ToWorker>(
    command,
    process.env,
    systemClock,
  )({
    onMessage(raw) {
      const message = fromWorkerSchema.parse(raw);
      if (message.kind === "ready") ready.resolve();
      if (message.kind === "failed") ready.reject(new Error(message.message));
      if (message.kind === "trouble") console.error(message.code, message.message);
    },
    onEnd: () => ended.resolve(),
  });
  const memoryShare = worker.memory;
  const now = systemClock.steady();
  child.send({
    kind: "start",
    now,
    startedAt: now,
    marks: [],
    settings: worker,
    plan,
    certificates: [],
    workerNumber: 1,
    memoryShare,
    colours: false,
    debugKey: null,
    hasCompany: false,
  });
  await ready.promise;
  return {
    url: `http://127.0.0.1:${port}`,
    async drain() {
      child.send({ kind: "drain", graceMilliseconds, isReplaced: false });
      await ended.promise;
      await keeper.stop();
    },
  };
}

/** The keeper is another process, and not what is looked at. */
async function startKeeper(of: Settings) {
  const main = resolve(import.meta.dir, "../../src/main.ts");
  const ready = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const child = childSpawner<ToKeeper>(
    [process.execPath, main, "keeper"],
    process.env,
    systemClock,
  )({
    onMessage(raw) {
      const message = fromKeeperSchema.parse(raw);
      if (message.kind === "hello") {
        const now = systemClock.steady();
        child.send({ kind: "start", now, startedAt: now, deaths: 0, settings: of });
      }
      if (message.kind === "ready") ready.resolve();
      if (message.kind === "trouble") console.error(message.code, message.message);
    },
    onEnd: () => ended.resolve(),
  });
  await ready.promise;
  return {
    async stop() {
      child.send({ kind: "stop" });
      await ended.promise;
    },
  };
}
