import { lstat, readdir, rm, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { BodyFiles } from "../store/disk/body-files.ts";
import { formatVersion } from "../store/disk/index-format.ts";
import type { Rows } from "./rows.ts";
import type { Trouble } from "../store/tier.ts";
import { toStoreError } from "../store/writer.ts";

export interface SweepOptions {
  readonly rows: Rows;
  readonly bodies: BodyFiles;
  /** Milliseconds since the epoch, by the wall clock as the files' dates. */
  readonly modifiedBefore: number;
  readonly onTrouble: (trouble: Trouble) => void;
}

const rowsAtATime = 256;

/**
 * Walks everything, a little at a time, so that the process can do other things; returns how many files and rows it
 * removed. One trouble does not end it.
 */
export async function sweep(options: SweepOptions): Promise<number> {
  const { bodies, rows } = options;
  let removed = await sweepFolder(bodies.temporaryFolder, () => false, options);
  for (const folder of await names(bodies.bodiesFolder, options)) {
    removed += await sweepFolder(join(bodies.bodiesFolder, folder), rows.has, options);
  }
  return removed + (await sweepRows(options)) + (await dropOlderFormats(options));
}

/** What an older cacheproxy has left. That of a newer one is not ours to judge. */
async function dropOlderFormats(options: SweepOptions): Promise<number> {
  const directory = dirname(dirname(options.bodies.bodiesFolder));
  const older = (await names(directory, options)).filter(
    (name) => /^v\d+$/.test(name) && Number(name.slice(1)) < formatVersion,
  );
  for (const name of older)
    await attempt(options, undefined, () => rm(join(directory, name), { recursive: true }));
  return older.length;
}

async function sweepFolder(
  folder: string,
  isWanted: (name: string) => boolean,
  options: SweepOptions,
): Promise<number> {
  let removed = 0;
  // One that somebody has put there as a link to another folder is not ours to sweep.
  if (await attempt(options, true, async () => (await lstat(folder)).isSymbolicLink())) return 0;
  for (const name of await names(folder, options)) {
    if (isWanted(name)) continue;
    const path = join(folder, name);
    removed += await attempt(options, 0, async () => {
      if ((await stat(path)).mtimeMs >= options.modifiedBefore) return 0;
      await unlink(path);
      return 1;
    });
  }
  return removed;
}

async function sweepRows({ rows, bodies }: SweepOptions): Promise<number> {
  let removed = 0;
  let seq = 0;
  for (;;) {
    const next = rows.idsInFilesAfter(seq, rowsAtATime);
    for (const row of next) {
      seq = row.seq;
      if (bodies.look(row.id) !== undefined) continue;
      rows.removeId(row.id);
      removed++;
    }
    if (next.length < rowsAtATime) return removed;
    await nextTurn();
  }
}

function names(folder: string, options: SweepOptions): Promise<string[]> {
  return attempt(options, [], () => readdir(folder));
}

/** What vanished meanwhile is what we wanted. */
async function attempt<Result>(
  { onTrouble }: SweepOptions,
  otherwise: Result,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const { code, message } = toStoreError(error, "the sweep met an obstacle");
    if (code !== "ENOENT") onTrouble({ code, message });
    return otherwise;
  }
}
