import { untilGone } from "../e2e/harness.ts";
import { complaintOfVerify, narrow, type Program, type Purged, purge, startProgram } from "./program.ts";
import { runRangeClients } from "./range-clients.ts";
import { type RangesOptions, targets } from "./ranges.ts";
import { startRoughOrigin } from "./rough-origin.ts";
import { runVersionClients } from "./version-clients.ts";
import { startVersionOrigin } from "./version-origin.ts";
import type { Target } from "./versions.ts";

export interface BinaryRangesOptions extends RangesOptions {
  /** Kills a worker or the supervisor at times. */
  readonly isKilled: boolean;
}

/** Random requests for ranges of changing objects. */
export async function rangesThroughBinary(options: BinaryRangesOptions): Promise<readonly string[]> {
  const rough = await startRoughOrigin({ ...options, targets, now: Date.now });
  const program = await startProgram(rough.url, narrow);
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
  const program = await startProgram(origin.url, narrow);
  try {
    const complaints = await runVersionClients({
      ...options,
      port: program.port,
      origin,
      targets: versioned,
      purge: ({ path }, dice) =>
        purge(program, dice.pick<Purged>([{ path }, { prefix: "/item/" }, { all: true }])),
    });
    const verified = await complaintOfVerify(program);
    return verified === null ? complaints : [...complaints, verified];
  } finally {
    await program.stop();
    await origin.stop();
  }
}
