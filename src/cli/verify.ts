import { existsSync } from "node:fs";
import { SingleBar } from "cli-progress";
import { Option } from "commander";
import { keeperLockPath, keeperSocketPath } from "../control/keeper-socket.ts";
import { damageIn } from "../keeper/damage.ts";
import { type Index, openIndex } from "../keeper/index.ts";
import { type Finding, inspect } from "../keeper/inspection.ts";
import { indexPath } from "../store/disk/index-format.ts";
import { lockCacheDirectory } from "../supervisor/cache-lock.ts";
import { fileLock } from "../system/file-lock.ts";
import { type CommandShape, commandOf } from "./command-line.ts";
import { exitCode } from "./exit-code.ts";
import { settingsOfRunning } from "./settings-of-running.ts";
import { CommandError, type Surroundings } from "./surroundings.ts";
import { type Progress, verifyByKeeper } from "./verify-running.ts";

const shape: CommandShape = {
  name: "cacheproxy verify",
  summary: "Compare every stored body with its checksum, and files with the index.",
  settings: ["cacheDir", "configFile"],
  own: [
    new Option("--fix", "remove what is wrong"),
    // What the supervisor has done by another process.
    new Option("--index-only", "look through the index and at no body").hideHelp(),
  ],
  epilogue: `A cacheproxy may be running on the cache directory meanwhile. The exit code is 1 when something was
wrong, also when it was removed.`,
};

/** Walks everything that is stored. The exit code: 1 when something was wrong. */
export const verify = commandOf(shape, async (line, surroundings) => {
  const settings = await settingsOfRunning(line.flags, surroundings);
  const fix = line.own["fix"] === true;
  const directory = settings.cacheDir;
  if (!existsSync(indexPath(directory)))
    throw new CommandError(`there is no cache in ${JSON.stringify(directory)}`);
  if (line.own["indexOnly"] === true) return await verifyIndex(directory, surroundings);
  const lock = lockCacheDirectory(directory);
  if (lock === undefined) return await tell(surroundings, verifyRunning(directory, fix));
  const keepers = fileLock(keeperLockPath(directory));
  try {
    // The keeper of a cacheproxy that was killed lives on while its workers finish what they have begun.
    const isAlone = keepers.keep();
    return await tell(
      surroundings,
      isAlone ? verifyDirectory(directory, fix, surroundings) : verifyRunning(directory, fix),
    );
  } finally {
    keepers.release();
    lock.release();
  }
});

/** Compares what is stored, and tells of the progress. */
type Verify = (progress: Progress) => Promise<void>;

/** The exit code: 1 when something was wrong. */
async function tell(surroundings: Surroundings, verify: Verify): Promise<number> {
  const findings: Finding[] = [];
  const checked = { responses: 0, bytes: 0 };
  const bar = surroundings.machine.terminal ? createBar() : undefined;
  try {
    await verify({
      onFinding: (finding) => void findings.push(finding),
      onChecked(responses, bytes, total) {
        Object.assign(checked, { responses, bytes });
        bar?.show(responses, bytes, total);
      },
    });
  } finally {
    bar?.end();
  }
  for (const { where, what, removed } of findings) {
    await surroundings.say(`${JSON.stringify(where)}: ${what}${removed ? "; removed" : ""}\n`);
  }
  const wrong = findings.length === 0 ? "nothing" : String(findings.length);
  const { responses, bytes } = checked;
  await surroundings.say(`checked ${responses} responses, ${inMegabytes(bytes)} MB: ${wrong} wrong\n`);
  return findings.length === 0 ? exitCode.done : exitCode.trouble;
}

/** Has the keeper of the running cacheproxy do it, which writes to the index meanwhile. */
function verifyRunning(directory: string, fix: boolean): Verify {
  return async (progress) => {
    const damage = damageIn(directory);
    if (damage === undefined) return await verifyByKeeper(keeperSocketPath(directory), fix, progress);
    if (fix) {
      throw new CommandError(
        `${damage}; a cacheproxy is running on it: stop it, and the next start sets the index aside`,
      );
    }
    progress.onFinding({ where: indexPath(directory), what: damage, removed: false });
  };
}

function verifyDirectory(directory: string, fix: boolean, surroundings: Surroundings): Verify {
  return async (progress) => {
    const damage = damageIn(directory);
    if (damage !== undefined)
      progress.onFinding({ where: indexPath(directory), what: damage, removed: false });
    if (damage !== undefined && !fix) return;
    const index = openAlone(directory, damage, surroundings);
    try {
      await inspectAlone(index, fix, progress);
    } finally {
      index.close();
    }
  };
}

/** Nobody else uses the directory. */
async function inspectAlone(index: Index, fix: boolean, progress: Progress): Promise<void> {
  const total = index.totals().bytes;
  let responses = 0;
  let bytes = 0;
  await inspect({
    index,
    fix,
    modifiedBefore: Date.now(),
    othersRemoved: () => Promise.resolve(),
    onFinding: progress.onFinding,
    onChecked(checked) {
      responses += 1;
      bytes += checked;
      progress.onChecked(responses, bytes, total);
    },
  });
}

function openAlone(directory: string, knownDamage: string | undefined, surroundings: Surroundings): Index {
  const onTrouble = ({ message }: { readonly message: string }) => surroundings.complain(message);
  try {
    return openIndex({ directory, now: Date.now, seed: 0, onTrouble, knownDamage });
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error));
  }
}

async function verifyIndex(directory: string, surroundings: Surroundings): Promise<number> {
  const damage = damageIn(directory);
  if (damage !== undefined) await surroundings.say(`${damage}\n`);
  return damage === undefined ? exitCode.done : exitCode.trouble;
}

/** A bar on stderr, with the rate and the time left. */
function createBar() {
  const beganAt = performance.now();
  let isShown = false;
  const bar = new SingleBar({
    format: "{bar} {percentage}% | {responses} responses | {rate} MB/s | {eta_formatted} left",
    barCompleteChar: "#",
    barIncompleteChar: "-",
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    etaBuffer: 1000,
  });
  return {
    show(responses: number, bytes: number, total: number) {
      if (!isShown) bar.start(total, 0, { responses: 0, rate: "0" });
      isShown = true;
      const rate = inMegabytes((bytes * 1000) / Math.max(performance.now() - beganAt, 1));
      bar.update(Math.min(bytes, total), { responses, rate });
    },
    end: () => bar.stop(),
  };
}

function inMegabytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(bytes < 100 * 1_048_576 ? 1 : 0);
}
