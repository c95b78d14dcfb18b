import type { DiskSpace, NewRow } from "../store/disk/keeper.ts";
import { occupied } from "../store/disk/room.ts";
import type { Selectable } from "../store/selecting.ts";

/** What a removal can ask of a row that is to be entered. */
export function selectable({ primaryKey, variantKey, groups }: NewRow): Selectable {
  return { primaryKey, variantKey, policy: { groups } };
}

/** Ids of those whose bodies lie in files. */
export function inFiles(rows: readonly NewRow[]): string[] {
  return rows.flatMap(({ id, modifiedAt }) => (modifiedAt === null ? [] : id));
}

/** What the bodies in files take, which was granted to those who bring them. */
export function roomOf(rows: readonly NewRow[]): DiskSpace {
  const large = rows.filter(({ modifiedAt }) => modifiedAt !== null);
  return { bytes: large.reduce((sum, { size }) => sum + occupied(size), 0), files: large.length };
}
