import type { Policy } from "../../rules/policy.ts";
import type { Piece, StoredResponse } from "../tier.ts";

/** Where the body of a response lies: a small one in its row. */
export type RowBody =
  | { readonly kind: "memory"; readonly bytes: Uint8Array<ArrayBuffer> }
  | {
      readonly kind: "file";
      /** That of the body's file when it was known to be right: milliseconds since the epoch. */
      readonly modifiedAt: number;
      /** When it was known to be right: the number grows with each start after an end that was not orderly. */
      readonly generation: number;
    };

/** A complete response as the index knows it; of others see `PartialRow`. */
export interface Row {
  readonly response: StoredResponse;
  /** See disk/checksum.ts. */
  readonly checksum: string;
  /** Null when it should lie in the row, and does not. */
  readonly body: RowBody | null;
  readonly lastUsedAt: number;
  /** Used since the hand of eviction passed: see keeper/eviction.ts. */
  readonly used: boolean;
}

/** A response of which pieces are held, as the index knows it. */
export interface PartialRow {
  readonly response: StoredResponse;
  /** In order of their beginnings. */
  readonly pieces: readonly Piece[];
  readonly lastUsedAt: number;
  /** See `Row.used`. */
  readonly used: boolean;
}

/** Whether the body takes a file beside the row. */
export function isInFile(body: RowBody | null): boolean {
  return body?.kind === "file";
}

/** A row as it is entered in the index. */
export interface RowColumns {
  readonly id: string;
  readonly primaryKey: string;
  readonly variantKey: string;
  readonly status: number;
  readonly size: number;
  readonly version: number;
  readonly checksum: string;
  /** JSON. */
  readonly policy: string;
  readonly fields: string;
  /** See `Policy.tags`: groups are among them. */
  readonly tags: readonly string[];
  /** From when on it serves nobody: see `spentAt`. */
  readonly spentAt: number | null;
  readonly lastUsedAt: number;
  readonly used: boolean;
  /** Requests that a new one has answered already. */
  readonly hits: number;
  /** When the body's file was last written to; null for a body in its row. */
  readonly modifiedAt: number | null;
  /** Null for a body in a file, and where the row is there already. */
  readonly body: Uint8Array | null;
}

/** The row as it is entered. */
export function columnsOf({ response, checksum, body, lastUsedAt, used }: Row): RowColumns {
  const { id, primaryKey, variantKey, status, size, version, policy, fields } = response;
  return {
    ...{ id, primaryKey, variantKey, status, size, version, checksum, lastUsedAt, used },
    hits: 0,
    policy: JSON.stringify(policy),
    fields: JSON.stringify(fields),
    tags: policy.tags,
    spentAt: spentAt(policy),
    modifiedAt: body?.kind === "file" ? body.modifiedAt : null,
    body: body?.kind === "memory" ? body.bytes : null,
  };
}

/**
 * From when on a response serves nobody: stale, without a validator to freshen it by, and its windows of RFC 5861 are
 * over. Null when it has a validator. Milliseconds since the epoch.
 */
export function spentAt(policy: Policy): number | null {
  if (policy.entityTag !== null || policy.lastModifiedAt !== null) return null;
  const window = Math.max(policy.staleWhileRevalidateWindow, policy.staleIfErrorWindow);
  return policy.responseAt + (policy.freshnessLifetime - policy.correctedInitialAge + window) * 1000;
}
