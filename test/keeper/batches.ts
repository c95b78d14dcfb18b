import type { Batch, NewRow } from "../../src/store/disk/keeper.ts";
import { checksumOf } from "../../src/store/disk/checksum.ts";
import type { Index } from "../../src/keeper/index.ts";
import { bytesOf, newId, policy } from "../store/samples.ts";

/** A row as a worker hands it over, its body with it. */
export function newRow(changes: Partial<NewRow> = {}): NewRow {
  const { body = bytesOf(100) } = changes;
  return {
    id: newId(),
    primaryKey: "/ a.example",
    variantKey: "",
    status: 200,
    size: body?.byteLength ?? 0,
    version: 1,
    checksum: body === null ? "" : checksumOf(new Uint8Array(body)),
    policy: JSON.stringify(policy({ tags: changes.tags ?? [], groups: changes.tags ?? [] })),
    fields: "[]",
    tags: [],
    spentAt: null,
    lastUsedAt: 1,
    used: false,
    hits: 0,
    modifiedAt: null,
    body,
    afterRemoval: Number.MAX_SAFE_INTEGER,
    ...changes,
  };
}

/** A row whose body lies in a file, in its place. */
export async function newRowInFile({ bodies }: Index, changes: Partial<NewRow> = {}): Promise<NewRow> {
  const bytes = bytesOf(70_000);
  const id = newId();
  const file = await bodies.createTemporary(id);
  await file.writeFile(bytes);
  await file.close();
  bodies.placeTemporary(id);
  const modifiedAt = bodies.look(id)?.modifiedAt ?? 0;
  const checksum = checksumOf(bytes);
  return newRow({ id, size: bytes.byteLength, checksum, modifiedAt, body: null, ...changes });
}

export function batchOf(inserts: readonly NewRow[], changes: Partial<Batch> = {}): Batch {
  return { inserts, updates: [], uses: new Map(), verified: new Map(), damaged: [], ...changes };
}

/** Keys of the rows that are there, in the order in which they came. */
export function keysIn(index: Index): string[] {
  return index.rowsAfter(0, 1000).map(({ primaryKey }) => primaryKey);
}
