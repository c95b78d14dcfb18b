import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningProxy, runBinary, startProxy, untilGone } from "../e2e/harness.ts";
import { freePort } from "../fixtures/port.ts";
import { runRangeClients } from "./range-clients.ts";
import { type RangesOptions, targets } from "./ranges.ts";
import { startRoughOrigin } from "./rough-origin.ts";
import { runVersionClients } from "./version-clients.ts";
import { startVersionOrigin } from "./version-origin.ts";
import type { Target } from "./versions.ts";

/** The built binary, with two workers, on a port and a folder that outlive it. */
interface Program {
  readonly port: number;
  readonly cacheDir: string;
  /** The one that runs now. */
  running(): RunningProxy;
  /** Kills the supervisor, and with it all that is on its way; resolves when another serves in its place. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

async function startProgram(origin: string): Promise<Program> {
  const cacheDir = mkdtempSync(join(tmpdir(), "cacheproxy-stress-"));
  const port = await freePort();
  // Little memory and little room: what is stored also has to go.
  const bounds = ["--memory", "4MB", "--disk", "12MB", "--range-fill", "1KB"];
  const start = () => startProxy(origin, { port, cacheDir, flags: ["--log", "off", ...bounds] });
  let running = await start();
  return {
    port,
    cacheDir,
    running: () => running,
    async restart() {
      await running.kill();
      running = await start();
    },
    async stop() {
      await running.stop();
      rmSync(cacheDir, { recursive: true, force: true });
    },
  };
}

/** What `verify` says of what was stored, once nothing runs; null when all is well. */
async function complaintOfVerify({ running, cacheDir }: Program): Promise<string | null> {
  const ended = await running().stop();
  if (ended !== 0) return `it ended with ${ended}`;
  const { code, stdout } = await runBinary(["verify", "--cache-dir", cacheDir]);
  return code === 0 ? null : `verify: ${stdout}`;
}

export interface BinaryRangesOptions extends RangesOptions {
  /** Kills a worker or the supervisor at times. */
  readonly isKilled: boolean;
}

/** Random requests for ranges of changing objects. */
export async function rangesThroughBinary(options: BinaryRangesOptions): Promise<readonly string[]> {
  const rough = await startRoughOrigin({ ...options, targets, now: Date.now });
  const program = await startProgram(rough.url);
  let restarted = Promise.resolve();
  let kills = 0;
  try {
    const complaints = await runRangeClients({
      ...options,
      port: program.port,
      targets,
      async onRequest(client, request, dice) {
        // Nobody asks while nobody serves.
        await restarted;
        const target = targets[dice.roll(targets.length)] ?? targets[0];
        const isPurged = dice.percent(6) && !options.isKilled;
        if (isPurged) await purge(program, { path: target.path });
        if (dice.percent(10)) rough.touch(target);
        if (!options.isCalm && dice.percent(6)) rough.change(target);
        const isTime = options.isKilled && client === 0 && request % 8 === 7;
        if (!isTime) return;
        kills += 1;
        if (kills % 3 === 0) restarted = program.restart();
        else await killWorker(program, dice.roll(2));
      },
    });
    await restarted;
    const verified = await complaintOfVerify(program);
    return verified === null ? complaints : [...complaints, verified];
  } finally {
    await restarted;
    await program.stop();
    await rough.stop();
  }
}

/** While its clients are served; the supervisor starts another. */
async function killWorker({ running }: Program, which: number): Promise<void> {
  const pid = (await running().workerPids())[which];
  if (pid === undefined) return;
  process.kill(pid, "SIGKILL");
  await untilGone(pid);
}

const versioned: readonly [Target, ...Target[]] = [
  { path: "/item/small", naming: "tag", smallest: 100 },
  { path: "/item/filed", naming: "tag", smallest: 30_000 },
  { path: "/item/large", naming: "tag", smallest: 1_100_000 },
];

export interface VersionsOptions {
  readonly seed: number;
  readonly clients: number;
  readonly requestsEach: number;
}

/** Objects that clients and the operator change while others read them. */
export async function versionsThroughBinary(options: VersionsOptions): Promise<readonly string[]> {
  const origin = await startVersionOrigin(options.seed, versioned);
  const program = await startProgram(origin.url);
  try {
    const complaints = await runVersionClients({
      ...options,
      port: program.port,
      origin,
      targets: versioned,
      purge: ({ path }, dice) =>
        purge(program, dice.pick<object>([{ path }, { prefix: "/item/" }, { all: true }])),
    });
    const verified = await complaintOfVerify(program);
    return verified === null ? complaints : [...complaints, verified];
  } finally {
    await program.stop();
    await origin.stop();
  }
}

/** As the `purge` command does it. */
async function purge({ cacheDir }: Program, what: object): Promise<void> {
  const answer = await fetch("http://localhost/purge", {
    method: "POST",
    unix: join(cacheDir, "admin.sock"),
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(what),
  });
  if (!answer.ok) throw new Error(`the purge was refused: ${await answer.text()}`);
}
