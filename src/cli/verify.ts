import { existsSync } from "node:fs";
import { SingleBar } from "cli-progress";
import { Option } from "commander";
import { loadSettings } from "../config/load.ts";
import { type Index, indexPath, openIndex } from "../keeper/index.ts";
import { type Finding, inspect } from "../keeper/inspection.ts";
import { isDamage } from "../keeper/schema.ts";
import { lockCacheDirectory } from "../supervisor/cache-lock.ts";
import { type CommandShape, commandOf } from "./command-line.ts";
import { CommandError, type Surroundings } from "./surroundings.ts";

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

/** A running cacheproxy may be about to give a file its row. */
const graceMilliseconds = 60_000;
/** It removes a file half a second after its row: see `disposalDelay` of the index. */
const removalMilliseconds = 2_000;

/** Walks everything that is stored. The exit code: 1 when something was wrong. */
export const verify = commandOf(shape, async (line, surroundings) => {
  const { settings } = await loadSettings({ ...surroundings, flags: line.flags });
  const fix = line.own["fix"] === true;
  const directory = settings.cacheDir;
  if (!existsSync(indexPath(directory)))
    throw new CommandError(`there is no cache in ${JSON.stringify(directory)}`);
  if (line.own["indexOnly"] === true) return await verifyIndex(directory, surroundings);
  const lock = lockCacheDirectory(directory);
  try {
    return await verifyDirectory({ directory, fix, isInUse: lock === undefined, surroundings });
  } finally {
    lock?.release();
  }
});

interface Verification {
  readonly directory: string;
  readonly fix: boolean;
  /** By a running cacheproxy. */
  readonly isInUse: boolean;
  readonly surroundings: Surroundings;
}

async function verifyDirectory(verification: Verification): Promise<number> {
  const { fix, isInUse, surroundings } = verification;
  const findings: Finding[] = [];
  const index = openSound(verification, findings);
  const beganAt = Date.now();
  let responses = 0;
  let bytes = 0;
  if (index !== undefined) {
    const progress = surroundings.machine.terminal ? showProgress(index.totals().bytes) : undefined;
    try {
      await inspect({
        index,
        fix,
        modifiedBefore: beganAt - (isInUse ? graceMilliseconds : 0),
        othersRemoved: () => (isInUse ? Bun.sleep(removalMilliseconds) : Promise.resolve()),
        onFinding: (finding) => void findings.push(finding),
        onChecked(checked) {
          responses += 1;
          bytes += checked;
          progress?.show(responses, bytes);
        },
      });
    } finally {
      progress?.end();
      index.close();
    }
  }
  for (const { where, what, removed } of findings) {
    await surroundings.say(`${JSON.stringify(where)}: ${what}${removed ? "; removed" : ""}\n`);
  }
  const wrong = findings.length === 0 ? "nothing" : String(findings.length);
  await surroundings.say(`checked ${responses} responses, ${inMegabytes(bytes)} MB: ${wrong} wrong\n`);
  return findings.length === 0 ? 0 : 1;
}

async function verifyIndex(directory: string, surroundings: Surroundings): Promise<number> {
  const opened = openUndamaged(directory, surroundings);
  if (typeof opened === "string") {
    await surroundings.say(`${opened}\n`);
    return 1;
  }
  opened.close();
  return 0;
}

/** The index, if it can be read, or could be begun anew. */
function openSound(
  { directory, fix, isInUse, surroundings }: Verification,
  findings: Finding[],
): Index | undefined {
  const opened = openUndamaged(directory, surroundings);
  if (typeof opened !== "string") return opened;
  if (fix && isInUse) {
    throw new CommandError(
      `${opened}; a cacheproxy is running on it: stop it, and the next start sets the index aside`,
    );
  }
  findings.push({ where: indexPath(directory), what: opened, removed: false });
  return fix
    ? openIndex({ ...indexOptions(directory, surroundings), role: "keeper", knownDamage: opened })
    : undefined;
}

/** The index, or what is wrong with it. */
function openUndamaged(directory: string, surroundings: Surroundings): Index | string {
  try {
    const index = openIndex({ ...indexOptions(directory, surroundings), role: "worker" });
    const damage = index.damage();
    if (damage === undefined) return index;
    index.close();
    return damage;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (isDamage(error)) return message;
    throw new CommandError(message);
  }
}

function indexOptions(directory: string, surroundings: Surroundings) {
  const onTrouble = ({ message }: { readonly message: string }) => surroundings.complain(message);
  return { directory, now: Date.now, onTrouble };
}

/** A bar on stderr, with the rate and the time left. `total` is in bytes. */
function showProgress(total: number) {
  const beganAt = performance.now();
  const bar = new SingleBar({
    format: "{bar} {percentage}% | {responses} responses | {rate} MB/s | {eta_formatted} left",
    barCompleteChar: "#",
    barIncompleteChar: "-",
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    etaBuffer: 1000,
  });
  bar.start(total, 0, { responses: 0, rate: "0" });
  return {
    show(responses: number, bytes: number) {
      const rate = inMegabytes((bytes * 1000) / Math.max(performance.now() - beganAt, 1));
      bar.update(Math.min(bytes, total), { responses, rate });
    },
    end: () => bar.stop(),
  };
}

function inMegabytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(bytes < 100 * 1_048_576 ? 1 : 0);
}
