import type { BodyFiles } from "../store/disk/body-files.ts";
import type { Batch, Committed, DiskSpace, NewRow } from "../store/disk/keeper.ts";
import { occupied } from "../store/disk/room.ts";
import type { Bounds } from "./bounds.ts";
import type { RowRemoval } from "./row-removal.ts";
import type { Rows } from "./rows.ts";
import { isBusy } from "./schema.ts";

export interface CommitOptions {
  readonly bodies: BodyFiles;
  readonly rows: Rows;
  readonly bounds: Bounds;
  readonly removal: Pick<RowRemoval, "hasOvertaken" | "hasOvertakenFreshened" | "noteRenewed" | "last">;
}

/** `Index.commit`: what a worker hands over becomes rows. */
export function prepareCommit({ bodies, rows, bounds, removal }: CommitOptions): (batch: Batch) => Committed {
  function hasOvertaken({ primaryKey, variantKey, tags, afterRemoval }: NewRow): boolean {
    // Groups are among the tags: a removal of a group is one of what bears its name.
    return removal.hasOvertaken({ primaryKey, variantKey, policy: { groups: tags, tags } }, afterRemoval);
  }

  function hasOvertakenUpdate({ id, tags, afterRemoval }: NewRow): boolean {
    return removal.hasOvertakenFreshened(id, { groups: tags, tags }, afterRemoval);
  }

  return function commit({ inserts, updates, uses, verified, damaged }) {
    const overtaken = inserts.filter(hasOvertaken);
    const entering = overtaken.length === 0 ? inserts : inserts.filter((row) => !overtaken.includes(row));
    const former = updates.filter(hasOvertakenUpdate);
    const freshening = former.length === 0 ? updates : updates.filter((row) => !former.includes(row));
    const room = roomOf(inserts);
    bounds.giveBack(room);
    try {
      bounds.removeWith((removed) => {
        // Before what comes, which may find no room among the variants in use.
        rows.markUsed(uses);
        removed.push(...rows.insert(entering));
        rows.update(freshening);
        rows.markVerified(verified);
        removed.push(...damaged.flatMap(rows.removeId), ...bounds.evictExcess());
      });
    } catch (error) {
      if (isBusy(error)) bounds.giveBack({ bytes: -room.bytes, files: -room.files });
      else bodies.dispose(idsInFiles(inserts));
      throw error;
    }
    bodies.dispose(idsInFiles(overtaken));
    for (const { id } of freshening) removal.noteRenewed(id);
    return { overtaken: [...overtaken, ...former].map(({ id }) => id), removal: removal.last() };
  };
}

/** What the bodies in files take, which was granted to those who bring them. */
export function roomOf(rows: readonly NewRow[]): DiskSpace {
  const large = rows.filter(({ modifiedAt }) => modifiedAt !== null);
  return { bytes: large.reduce((sum, { size }) => sum + occupied(size), 0), files: large.length };
}

function idsInFiles(rows: readonly NewRow[]): string[] {
  return rows.flatMap(({ id, modifiedAt }) => (modifiedAt === null ? [] : id));
}
