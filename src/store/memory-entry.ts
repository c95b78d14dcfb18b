import type { Found, StoredBody, StoredResponse } from "./store.ts";

/** A complete file of so many bytes that was last written to at `modifiedAt`, in milliseconds since the epoch. */
export interface FileBody {
  readonly kind: "file";
  readonly path: string;
  readonly size: number;
  readonly modifiedAt: number;
}

/** A body here, or the file where another tier has it. */
export type EntryBody = Exclude<StoredBody, { kind: "file" }> | FileBody;

export interface MemoryEntry<Ready> extends Found {
  /** The caller may put an equal one in its place. */
  body: EntryBody;
  /** What the caller prepared to answer with; its own from the first to the last. A freshened entry begins without. */
  ready: Ready | undefined;
}

/** What an entry costs beside its body and the text of its fields and keys, as measured by test/bench/store.ts. */
export const entryOverheadBytes = 2048;

/** Of two that are equally new, bytes are better than a file, and a file as it is now than as it was. */
export function isBetter({ storedAt }: StoredResponse, body: EntryBody, held: MemoryEntry<unknown>): boolean {
  if (held.response.storedAt !== storedAt) return held.response.storedAt < storedAt;
  if (held.body.kind !== "file") return false;
  return body.kind !== "file" || body.modifiedAt !== held.body.modifiedAt;
}

/** Bytes of the body that are in memory. */
export function heldSize(body: EntryBody, size: number): number {
  return body.kind === "file" ? 0 : size;
}

/** Bytes that it costs. */
export function weigh({ response, body }: { response: StoredResponse; body: EntryBody }): number {
  const { primaryKey, variantKey, fields, size } = response;
  const text = fields.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return heldSize(body, size) + text + primaryKey.length + variantKey.length + entryOverheadBytes;
}
