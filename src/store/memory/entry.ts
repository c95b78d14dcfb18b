import type { Found, StoredBody, StoredResponse } from "../tier.ts";

/** A complete file of so many bytes that was last written to at `modifiedAt`, in milliseconds since the epoch. */
export interface FileBody {
  readonly kind: "file";
  readonly path: string;
  readonly size: number;
  readonly modifiedAt: number;
}

/** A body here, or the file where another tier has it. */
export type EntryBody = Exclude<StoredBody, { kind: "file" }> | FileBody;

/** A response in memory while it is in use. */
export interface MemoryEntry<Ready> extends Found {
  /** The caller may put an equal one in its place. */
  body: EntryBody;
  /**
   * What the caller prepared to answer with; its own from the first to the last. A freshened entry begins without, and
   * so does one that was long not found.
   */
  ready: Ready | undefined;
}

/**
 * Responses of another tier on their way in. It begins before that tier is read: what is stored, freshened or removed
 * under the key from then on makes it void, for what was read may be older.
 */
export interface Adoption<Ready> {
  /**
   * Undefined when it is void, memory knows better or there is no room. Bytes must fill their buffer and not be
   * written to again. Of a file that is known already nothing changes.
   */
  take(response: StoredResponse, body: Uint8Array<ArrayBuffer> | FileBody): MemoryEntry<Ready> | undefined;
}

/** Bytes that a packed entry costs beside its body, its texts and its key, as measured by test/bench/store.ts. */
export const packedOverheadBytes = 1024;

/** Bytes that an entry in use costs in addition, with what is prepared for it beside its texts once more; measured likewise. */
export const inUseOverheadBytes = 1024;

/**
 * Whether a response that was read of another tier should take the place of the one that is held. Of two that are equally
 * new, bytes are better than a file, and a file as it is now than as it was.
 */
export function isBetter({ version }: StoredResponse, body: EntryBody, held: MemoryEntry<unknown>): boolean {
  if (held.response.version !== version) return held.response.version < version;
  if (held.body.kind !== "file") return false;
  return body.kind !== "file" || body.modifiedAt !== held.body.modifiedAt;
}

/** Bytes of the body that are in memory. */
export function heldSize(body: EntryBody, size: number): number {
  return body.kind === "file" ? 0 : size;
}
