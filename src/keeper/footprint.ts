import { occupied } from "../store/disk/room.ts";
import type { RowColumns } from "../store/disk/row.ts";

/** What a response takes on the disk, near enough: whole blocks for a body in a file, and its row with its index entries. */
export function footprint(
  { size, primaryKey, variantKey, policy, fields }: Sizes,
  isInFile: boolean,
): number {
  const keys = primaryKey.length + variantKey.length;
  const row = keys + policy.length + fields.length + shortColumns;
  const entries = keys + shortColumns;
  return isInFile ? occupied(size) + onPages(row) + entries : onPages(row + size) + entries;
}

type Sizes = Pick<RowColumns, "size" | "primaryKey" | "variantKey" | "policy" | "fields">;

const shortColumns = 128;
/** See "B-tree Cell Format" of https://sqlite.org/fileformat2.html, for pages of 4096 bytes. */
const page = 4096;
const mostOnPage = page - 35;
const leastOnPage = 489;

/** What a row of so many bytes takes of pages: rows like it share one, the end of a longer one has pages of its own. */
function onPages(bytes: number): number {
  const beginning = leastOnPage + ((bytes - leastOnPage) % (page - 4));
  const here = bytes <= mostOnPage ? bytes : beginning <= mostOnPage ? beginning : leastOnPage;
  return (
    Math.floor(page / Math.floor((page - 8) / (here + 10))) + Math.ceil((bytes - here) / (page - 4)) * page
  );
}
