import type { Found, StoredResponse } from "../tier.ts";
import type { Bytes, StoredFile } from "./body-check.ts";

/** A small response: its body came with its row, and was compared with its checksum. */
export interface InRow extends Found {
  readonly checksum: string;
  readonly trusted: true;
  readonly body: { readonly kind: "memory"; readonly bytes: Bytes };
}

/** A larger response: its body lies in a file, which is compared with its checksum before it is used, if it is not trusted. */
export interface InFile extends Found, StoredFile {
  readonly response: StoredResponse;
  readonly body: { readonly kind: "file"; readonly path: string };
}

/** A complete response that was found on the disk. */
export type DiskFound = InRow | InFile;

/** Whether its body came with its row. */
export function isInRow(found: DiskFound): found is InRow {
  return found.body.kind === "memory";
}
