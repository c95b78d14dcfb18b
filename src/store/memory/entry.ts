import type { Found, StoredBody } from "../tier.ts";

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
  /** Requests that the caller has answered with it by the short way, and that nobody has been told of yet. */
  hits: number;
}

/** Bytes that a packed entry costs beside its body, its texts and its key, as measured by test/bench/store.ts. */
export const packedOverheadBytes = 1024;

/** Bytes that an entry in use costs in addition, with what is prepared for it beside its texts once more; measured likewise. */
export const inUseOverheadBytes = 1024;

/** Bytes of the body that are in memory. */
export function heldSize(body: EntryBody, size: number): number {
  return body.kind === "file" ? 0 : size;
}
