import type { Database } from "bun:sqlite";
import type { Entry } from "../../control/entries.ts";
import { partsOfKey } from "../../rules/cache-key.ts";
import type { FieldList } from "../../rules/fields.ts";
import { currentAge } from "../../rules/freshness.ts";
import type { Policy } from "../../rules/policy.ts";
import { decodePartial, decodeResponse, type PartialColumns } from "../../store/disk/decoding.ts";
import { runsOf, spanOf } from "../../store/pieces/runs.ts";
import { tagAsText } from "../../rules/tags.ts";
import type { Part } from "../../rules/range.ts";
import type { Candidate } from "../ways.ts";

/** What the index says of a stored response, but for its body. */
export interface EntryRow extends Candidate, PartialColumns {
  readonly footprint: number;
  readonly checksum: string;
  readonly hits: number;
  readonly inFile: number;
  /** JSON; null for a complete response. */
  readonly pieces: string | null;
}

const columns =
  "seq, id, primaryKey, variantKey, status, size, version, footprint, checksum, used, lastUsedAt, hits, inFile, policy, fields, pieces";

/** Reads rows by their numbers, and by their keys. */
export interface EntryRows {
  withSeqs(seqs: readonly number[]): readonly EntryRow[];
  underKey(primaryKey: string): readonly EntryRow[];
}

export function prepareEntryRows(database: Database): EntryRows {
  const withSeqs = prepareReading<EntryRow>(database, columns);
  const underKey = database.query<EntryRow, [string]>(
    `SELECT ${columns} FROM responses WHERE primaryKey = ? ORDER BY variantKey`,
  );
  return { withSeqs, underKey: (primaryKey) => underKey.all(primaryKey) };
}

/** As much of a row as decides whether it is wanted and where in the list it lies: a million may be read. */
export interface Judged extends Candidate, Pick<EntryRow, "status" | "size" | "lastUsedAt" | "hits"> {
  readonly isPartial: number;
  /** Null where it is not asked for. */
  readonly policy: string | null;
  readonly fields: string | null;
}

/** Texts are what takes the time. */
export function prepareJudged(
  database: Database,
  needs: { readonly policy: boolean; readonly fields: boolean },
): (seqs: readonly number[]) => readonly Judged[] {
  const texts = `${needs.policy ? "policy" : "NULL AS policy"}, ${needs.fields ? "fields" : "NULL AS fields"}`;
  const short =
    "seq, primaryKey, variantKey, status, size, lastUsedAt, hits, pieces IS NOT NULL AS isPartial";
  return prepareReading<Judged>(database, `${short}, ${texts}`);
}

function prepareReading<Row>(database: Database, names: string): (seqs: readonly number[]) => readonly Row[] {
  const statement = database.query<Row, [string]>(
    `SELECT ${names} FROM responses WHERE seq IN (SELECT value FROM json_each(?))`,
  );
  return (seqs) => statement.all(JSON.stringify(seqs));
}

/** Throws where the row is none that was written here. */
export function entryOf(row: EntryRow, now: number): Entry {
  const { primaryKey: key, variantKey: variant, status, size, lastUsedAt, hits } = row;
  const { policy, fields } = decodeResponse(key, row);
  const age = currentAge(policy, now);
  const left = policy.freshnessLifetime - age;
  return {
    ...{ key, variant, ...writable(key), status, size, age, left, lastUsedAt, hits },
    type: typeOf(fields),
    held: heldPieces(row).reduce((sum, { start, end }) => sum + end - start, 0),
    isPartial: row.pieces !== null,
    lifetime: policy.freshnessLifetime,
    isStale: left <= 0,
    tags: policy.tags.map(tagAsText),
  };
}

function writable(key: string): Pick<Entry, "target" | "host" | "site" | "scheme" | "marks"> {
  const { marks, ...parts } = partsOfKey(key);
  return { ...parts, marks: [...marks] };
}

/** The bytes that are held, of a complete response all. */
export function heldPieces(row: EntryRow): readonly Part[] {
  if (row.pieces === null) return row.size === 0 ? [] : [{ start: 0, end: row.size }];
  return runsOf(decodePartial(row.primaryKey, row, row.pieces).pieces).map(spanOf);
}

/** Content-Type without its parameters, in lower case. */
export function typeOf(fields: FieldList): string | null {
  const line = fields.find(([name]) => name.toLowerCase() === "content-type");
  return line === undefined ? null : (line[1].split(";")[0] ?? "").trim().toLowerCase();
}

/** When it would have been made, had it aged here alone: of two responses the one with the smaller number is older at any time. */
export function bornAt({ responseAt, correctedInitialAge }: Policy): number {
  return responseAt - correctedInitialAge * 1000;
}
