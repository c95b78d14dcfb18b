import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { checksumOf, checksumOfFile, checksumOfPart } from "../store/disk/checksum.ts";
import type { Index } from "./index.ts";
import { isAlive } from "../system/process-alive.ts";
import type { InspectedRow } from "./rows.ts";
import { toStoreError } from "../store/writer.ts";

export interface InspectionOptions {
  readonly index: Index;
  /** Removes what is wrong. */
  readonly fix: boolean;
  /** Files younger than this, in milliseconds since the epoch, may be on their way to their row. */
  readonly modifiedBefore: number;
  /** Resolves when the files of what others have removed until now are gone, too. */
  readonly othersRemoved: () => Promise<void>;
  readonly onFinding: (finding: Finding) => void;
  /** After each response: what it takes on the disk, as the index counts it. */
  readonly onChecked: (bytes: number) => void;
}

export interface Finding {
  readonly what: string;
  /** The key of a response, or a file within the cache directory. */
  readonly where: string;
  readonly removed: boolean;
}

/** With their bodies, and while others wait for the index. */
const rowsAtATime = 64;

/**
 * Compares all that lies on the disk with what the index says of it: bodies that are missing, of the wrong size or with
 * other bytes, and files that no row names. Others may go on using the directory: what they have removed or replaced
 * meanwhile is not wrong. Rejects when the index cannot be read.
 */
export async function inspect(options: InspectionOptions): Promise<void> {
  const { index, onChecked } = options;
  const removed = new Set<string>();
  for (let seq = 0; ; ) {
    const rows = index.rowsAfter(seq, rowsAtATime);
    for (const row of rows) {
      seq = row.seq;
      if (await inspectRow(row, options)) removed.add(row.id);
      onChecked(row.footprint);
    }
    if (rows.length < rowsAtATime) break;
  }
  await inspectFiles(options, removed);
}

/** Whether it was wrong and was removed. */
async function inspectRow(row: InspectedRow, { index, fix, onFinding }: InspectionOptions): Promise<boolean> {
  const what = await damageOf(row, index);
  if (what === undefined || !isUnchanged(row, index)) return false;
  const removed = fix && index.deleteRows([row.id]) === 1;
  onFinding({ what, where: row.primaryKey, removed });
  return removed;
}

async function damageOf(row: InspectedRow, index: Index): Promise<string | undefined> {
  if (row.inFile === 0) return damageInRow(row);
  try {
    const path = index.bodies.path(row.id);
    const { size } = await stat(path);
    if (size !== row.size) return `its body has ${size} bytes instead of ${row.size}`;
    if (row.pieces !== null) return await damagedPiece(row, row.pieces, index);
    const { checksum } = await checksumOfFile(path);
    return checksum === row.checksum ? undefined : "its body is not what was stored";
  } catch (error) {
    const { code, message } = toStoreError(error, "its body cannot be read");
    return code === "ENOENT" ? "its body is missing" : message;
  }
}

function damageInRow({ body, size, checksum }: InspectedRow): string | undefined {
  if (body === null) return "its body is missing";
  if (body.byteLength !== size) return `its body has ${body.byteLength} bytes instead of ${size}`;
  return checksumOf(body) === checksum ? undefined : "its body is not what was stored";
}

async function damagedPiece(
  row: InspectedRow,
  pieces: NonNullable<InspectedRow["pieces"]>,
  index: Index,
): Promise<string | undefined> {
  const file = await index.bodies.open(row.id, "r");
  try {
    for (const { start, end, checksum } of pieces) {
      if ((await checksumOfPart(file, start, end)) === checksum) continue;
      return `its bytes ${start} to ${end - 1} are not what was stored`;
    }
    return undefined;
  } finally {
    await file.close();
  }
}

/** What was looked at was the row's body all the time. */
function isUnchanged(row: InspectedRow, index: Index): boolean {
  const [now] = index.rowsAfter(row.seq - 1, 1);
  return (
    now?.seq === row.seq && now.id === row.id && JSON.stringify(now.pieces) === JSON.stringify(row.pieces)
  );
}

/** Files of responses removed just now go by themselves. */
async function inspectFiles(options: InspectionOptions, removed: ReadonlySet<string>): Promise<void> {
  const { index } = options;
  const { bodiesFolder, temporaryFolder } = index.bodies;
  for (const name of await readdir(temporaryFolder)) {
    // See BodyFiles: it ends in the id of the process that writes it.
    if (isAlive(Number(/\.(\d+)$/.exec(name)?.[1]))) continue;
    await inspectFile(join(temporaryFolder, name), "a body that nobody writes any more", options);
  }
  const orphans: string[] = [];
  for (const folder of await readdir(bodiesFolder)) {
    for (const name of await readdir(join(bodiesFolder, folder))) {
      const path = join(bodiesFolder, folder, name);
      if (!index.has(name) && !removed.has(name) && (await isOld(path, options))) orphans.push(path);
    }
  }
  if (orphans.length > 0) await options.othersRemoved();
  for (const path of orphans) await inspectFile(path, "a body that no response has", options);
}

async function inspectFile(path: string, what: string, options: InspectionOptions): Promise<void> {
  if (!(await isOld(path, options))) return;
  const { fix, onFinding } = options;
  if (fix) await rm(path, { force: true });
  onFinding({ what, where: path, removed: fix });
}

/** False, too, when it is not there any more. */
async function isOld(path: string, { modifiedBefore }: InspectionOptions): Promise<boolean> {
  try {
    return (await stat(path)).mtimeMs < modifiedBefore;
  } catch (error) {
    if (toStoreError(error, "").code === "ENOENT") return false;
    throw error;
  }
}
