import { runBinary } from "../e2e/harness.ts";
import { get } from "../fixtures/raw-client.ts";
import { runChaosClients } from "./chaos-clients.ts";
import { purgeSome } from "./chaos-purges.ts";
import { complaintOf } from "./complaint.ts";
import { type Dice, diceFor } from "./dice.ts";
import { disturb } from "./disturbance.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { complaintOfVerify, type Program, startProgram } from "./program.ts";
import { startRoughOrigin } from "./rough-origin.ts";
import { type Target, versionNamed } from "./versions.ts";

/**
 * Clients read and change some hundred objects while workers, the keeper and the supervisor are killed and stopped.
 *
 * What is promised: every answer is whole and of one version. Nobody who asks after an unsafe request or a purge has
 * returned gets what was there before it, whichever process was killed or stopped meanwhile, but:
 * - what was not answered, for a process was killed, may have happened or not; one may get either version until a later
 *   change is answered;
 * - while the supervisor is stopped or has just been killed, an unsafe request is answered after a second, and the other
 *   workers hear of it when the supervisor goes on, or end soon;
 * - a connection to a worker whose supervisor was killed is that of a program which is over.
 * No answer takes longer than eight seconds. Only an answer of a process that was killed may be missing, or broken off.
 * Afterwards all of this has left nothing behind: every object is answered rightly, and stored again.
 */
export interface ChaosOptions {
  readonly seed: number;
  readonly clients: number;
  readonly milliseconds: number;
}

export async function chaosThroughBinary(options: ChaosOptions): Promise<readonly string[]> {
  const { seed, clients, milliseconds } = options;
  const dice = diceFor(seed, "program");
  const targets = objects(dice);
  const origin = await startRoughOrigin({ seed, targets, isCalm: true, now: Date.now });
  const program = await startProgram(origin.url, {
    workers: dice.pick([2, 2, 2, 1, 4]),
    memory: dice.pick(["4MB", "32MB"]),
    disk: dice.pick(["250MB", "250MB", "16MB"]),
  });
  const ledger = createLedger();
  const disturbance = disturb(seed, program);
  const { moment } = disturbance;
  try {
    const complaints = await runChaosClients({
      ...{ seed, port: program.port, targets, clients, milliseconds, ledger, disturbance },
      purge: (target, purgeDice) =>
        purgeSome({ program, origin, targets, ledger, moment }, target, purgeDice),
    });
    await disturbance.end();
    // What workers of a killed program leave behind while the next one runs goes when another begins.
    if (disturbance.wasFollowedAtOnce) await program.restart(async ({ stop }) => void (await stop()));
    const all = [
      ...complaints,
      ...disturbance.complaints,
      ...(await complaintsOfEnd(program, targets, ledger)),
    ];
    return all.length === 0 ? [] : [["what was done:", ...disturbance.story].join("\n"), ...all];
  } finally {
    await disturbance.end();
    await program.stop();
    await origin.stop();
  }
}

const lifetimes = ["max-age=3600", "max-age=3600", "max-age=1, stale-while-revalidate=600"] as const;
const namings = ["tag", "tag", "tag", "tag", "weak", "date", "none"] as const;

function objects(dice: Dice): [Target, ...Target[]] {
  const object = (number: number): Target => ({
    path: `/${dice.pick(["a", "b", "c", "d"])}/${number}`,
    naming: dice.pick(namings),
    lifetime: dice.pick(lifetimes),
    // The bytes of two versions of any object differ everywhere.
    first: 1 + number * 200,
    ...dice.pick([
      { smallest: 0, spread: 1 },
      { smallest: 1, spread: 2_000 },
      { smallest: 100, spread: 5_000 },
      { smallest: 500, spread: 64_000 },
      { smallest: 60_000, spread: 12_000 },
      { smallest: 60_000, spread: 12_000 },
      { smallest: 70_000, spread: 300_000 },
      ...(number % 3 === 0 ? [{ smallest: 900_000, spread: 600_000 }] : []),
    ]),
  });
  return [object(0), ...Array.from({ length: 239 }, (_, index) => object(index + 1))];
}

/** A process that died often is started again after ten seconds at the latest. */
const CALM_MILLISECONDS = 20_000;
const STORED_MILLISECONDS = 10_000;

async function complaintsOfEnd(
  program: Program,
  targets: readonly Target[],
  ledger: Ledger,
): Promise<string[]> {
  const complaints: string[] = [];
  const unquiet = await complaintOfCalm(program);
  if (unquiet !== null) return [unquiet];
  const waiting = [...targets];
  const clients = Array.from({ length: 8 }, async () => {
    for (let target = waiting.pop(); target !== undefined; target = waiting.pop()) {
      const complaint = await complaintOfStoring(program, target, ledger);
      if (complaint !== null) complaints.push(`${target.path} afterwards: ${complaint}`);
    }
  });
  await Promise.all(clients);
  const meanwhile = await runBinary(["verify", "--cache-dir", program.cacheDir]);
  if (meanwhile.code !== 0) complaints.push(`verify while it runs: ${meanwhile.stdout}${meanwhile.stderr}`);
  const verified = await complaintOfVerify(program);
  if (verified !== null) complaints.push(verified);
  const { text } = program.running().stderr;
  if (/ended with code|WORKER_DUTY|CONTROL_MESSAGE|panic/.test(text)) complaints.push(`it said: ${text}`);
  return complaints;
}

/** Until each process is there, and says that it is. */
async function complaintOfCalm({ cacheDir }: Program): Promise<string | null> {
  const until = performance.now() + CALM_MILLISECONDS;
  for (;;) {
    const { stdout, stderr } = await runBinary(["stats", "--json", "--cache-dir", cacheDir]);
    const states = [...stdout.matchAll(/"state": "(\w+)"/g)].map(([, state]) => state);
    if (states.length > 1 && states.every((state) => state === "ready")) return null;
    if (performance.now() > until) return `its processes are not ready again: ${stdout}${stderr}`;
    await Bun.sleep(50);
  }
}

/** It is answered rightly, and soon from what is stored. */
async function complaintOfStoring({ port }: Program, target: Target, ledger: Ledger): Promise<string | null> {
  const until = performance.now() + STORED_MILLISECONDS;
  for (;;) {
    const answer = await get(port, target.path, { Connection: "close" });
    if (answer.status !== 200) return `status ${answer.status}`;
    const complaint = complaintOf("GET", answer, target);
    if (complaint !== null) return complaint;
    const version = versionNamed(target, answer.fields) ?? 0;
    if (version < ledger.least(target))
      return `version ${version} came when ${ledger.least(target)} had been established`;
    const word = answer.field("x-cache") ?? "";
    if (["HIT", "STALE", "REVALIDATED"].includes(word)) return null;
    if (performance.now() > until) return `it is not stored: ${answer.head}`;
  }
}
