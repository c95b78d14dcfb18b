import type { FieldList } from "../../rules/fields.ts";
import type { Policy } from "../../rules/policy.ts";
import type { Piece, StoredResponse } from "../tier.ts";
import type { PartialRow } from "./row.ts";

/** What every row says of its response, as SQLite has it. */
export interface ResponseColumns {
  readonly id: string;
  readonly variantKey: string;
  readonly size: number;
  readonly version: number;
  readonly status: number;
  readonly policy: string;
  readonly fields: string;
}

/** What a row with pieces says beside them. */
export interface PartialColumns extends ResponseColumns {
  readonly lastUsedAt: number;
  readonly used: number;
}

/** `pieces` is JSON. Throws as `decodeResponse`. */
export function decodePartial(primaryKey: string, stored: PartialColumns, pieces: string): PartialRow {
  const { lastUsedAt, used } = stored;
  const response = decodeResponse(primaryKey, stored);
  return { response, pieces: JSON.parse(pieces) as Piece[], lastUsedAt, used: used === 1 };
}

/** Throws where the row cannot be one that was written here: no checksum covers it, and it would fail each request. */
export function decodeResponse(primaryKey: string, stored: ResponseColumns): StoredResponse {
  const { id, variantKey, size, version, status } = stored;
  const policy = decodePolicy(stored.policy);
  const fields = JSON.parse(stored.fields) as FieldList;
  if (!(status >= 200 && status <= 599)) throw new TypeError(`its status is ${status}`);
  if (!Array.isArray(fields) || !fields.every(isLine)) throw new TypeError("its fields are none");
  return { id, primaryKey, variantKey, status, fields, policy, size, version };
}

/** Throws a `TypeError` or a `SyntaxError` where it cannot be one that was written here. */
export function decodePolicy(text: string): Policy {
  const policy = JSON.parse(text) as Policy | null;
  if (
    !Array.isArray(policy?.vary) ||
    !Array.isArray(policy.withheldFields) ||
    !Array.isArray(policy.groups) ||
    !Array.isArray(policy.tags) ||
    typeof policy.sharedWith !== "string"
  ) {
    throw new TypeError("its policy is none");
  }
  return policy;
}

function isLine(line: unknown): boolean {
  return Array.isArray(line) && typeof line[0] === "string" && typeof line[1] === "string";
}
