import { readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { BodyFiles } from "./body-files.ts";
import type { Rows } from "./index-rows.ts";
import type { Trouble } from "./store.ts";
import { toStoreError } from "./writer.ts";

export interface SweepOptions {
  readonly rows: Rows;
  readonly bodies: BodyFiles;
  /** Milliseconds since the epoch. */
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
  return removed + (await sweepRows(options));
}

async function sweepFolder(
  folder: string,
  isWanted: (name: string) => boolean,
  options: SweepOptions,
): Promise<number> {
  let removed = 0;
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
    const next = rows.idsAfter(seq, rowsAtATime);
    for (const row of next) {
      seq = row.seq;
      if (bodies.size(row.id) !== undefined) continue;
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
