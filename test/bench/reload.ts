/**
 * What reloads cost those who are served meanwhile: 64 connections ask for the same pages all the while, first without a
 * reload, then during a hundred that change what the workers serve by, then during ten by which other workers take their
 * place. Lost requests and hit ratio of each. `make cacheproxy`, then `bun test/bench/reload.ts`
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { reloadAnswerSchema } from "../../src/control/reload.ts";
import { type RunningProxy, startProxy } from "../e2e/harness.ts";
import { runLoad } from "./load.ts";

const connections = 64;
const paths = Array.from({ length: 2_000 }, (_, page) => `/page/${page}`);
const seconds = 10;

const statsSchema = z.object({ counters: z.record(z.string(), z.number()) });

interface Config {
  /** Of a rule for all that is asked for. */
  readonly lifetime: string;
  readonly memory: string;
}

/** What is said in turn: the first and the second, the first again, and so on. */
interface Phase {
  readonly name: string;
  readonly reloads: number;
  readonly configs: readonly [Config, Config];
}

const plain: Config = { lifetime: "1h", memory: "256MB" };
const phases: readonly Phase[] = [
  { name: "no reload", reloads: 0, configs: [plain, plain] },
  { name: "100 reloads", reloads: 100, configs: [{ ...plain, lifetime: "2h" }, plain] },
  { name: "10 with other workers", reloads: 10, configs: [{ ...plain, memory: "128MB" }, plain] },
];

const folder = await mkdtemp(join(tmpdir(), "cacheproxy-reload-"));
const file = join(folder, "cacheproxy.toml");
const origin = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: () => new Response("a page of some length ".repeat(40)),
});
await write(plain);
const proxy = await startProxy(`http://127.0.0.1:${origin.port}`, {
  flags: ["--config", file, "--log", "off"],
});
try {
  await load(2);
  for (const phase of phases) console.log(await told(phase));
} finally {
  await proxy.stop();
  await origin.stop(true);
  await rm(folder, { recursive: true });
}

async function told(phase: Phase): Promise<string> {
  const before = await counted(proxy);
  const loading = load(seconds);
  const slowest = await reloadInTurn(phase);
  const { requests, badStatus, brokenConnections, p99Microseconds } = await loading;
  const after = await counted(proxy);
  const hits = (after["cache.HIT"] ?? 0) - (before["cache.HIT"] ?? 0);
  const ratio = hits / ((after["requests"] ?? 0) - (before["requests"] ?? 0));
  return [
    phase.name.padEnd(24),
    `lost ${badStatus + brokenConnections} of ${requests.toLocaleString("en-US")}`,
    `hit ratio ${(100 * ratio).toFixed(3)} %`,
    `p99 ${(p99Microseconds / 1000).toFixed(1)} ms`,
    `slowest reload ${slowest.toFixed(0)} ms`,
  ].join("; ");
}

/** Spread over the time of the load. How many milliseconds the slowest took. */
async function reloadInTurn({ reloads, configs }: Phase): Promise<number> {
  let slowest = 0;
  const began = performance.now();
  for (let turn = 0; turn < reloads; turn += 1) {
    await Bun.sleep(began + (turn + 0.5) * ((seconds * 1000) / reloads) - performance.now());
    await write(configs[turn % 2 === 0 ? 0 : 1]);
    const at = performance.now();
    const { changes } = reloadAnswerSchema.parse(await ask("/reload", {}));
    if (changes.length === 0) throw new Error("a reload should have changed something");
    slowest = Math.max(slowest, performance.now() - at);
  }
  return slowest;
}

async function write({ lifetime, memory }: Config): Promise<void> {
  const rule = `[[site.rule]]\nname = "pages"\nif = { path = ["/page/**"] }\nlifetime = "${lifetime}"\n`;
  await Bun.write(file, `memory = "${memory}"\n[[site]]\nname = "shop"\n${rule}`);
}

async function load(forSeconds: number) {
  const targets = { kind: "list", paths } as const;
  return await runLoad(
    proxy.url,
    { targets, fields: {}, connections, client: "wrk", http2: false },
    forSeconds,
  );
}

async function counted({ cacheDir }: RunningProxy): Promise<Record<string, number>> {
  const response = await fetch("http://localhost/stats", { unix: join(cacheDir, "admin.sock") });
  return statsSchema.parse(await response.json()).counters;
}

async function ask(path: string, body: object): Promise<unknown> {
  const response = await fetch(`http://localhost${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    unix: join(proxy.cacheDir, "admin.sock"),
  });
  if (!response.ok) throw new Error(await response.text());
  return await response.json();
}
