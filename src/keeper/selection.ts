import type { Database } from "bun:sqlite";
import type { Policy } from "../rules/policy.ts";
import { decodePolicy } from "../store/disk/decoding.ts";
import { concerns, nameIn, selects } from "../store/selecting.ts";
import type { Selector } from "../store/tier.ts";
import { type Candidate, prepareWays } from "./ways.ts";

/** A row that a selector names. */
export interface SelectedRow extends Candidate {
  readonly id: string;
  readonly status: number;
  readonly size: number;
  /** 1 when its body lies in a file. */
  readonly inFile: number;
  /** 1 when only pieces of it are held. */
  readonly isPartial: number;
  /** JSON. */
  readonly policy: string;
}

/**
 * The rows that selectors name, found by way of an index: each is walked once, so that who takes some hundred steps, lets
 * others come to their turn and goes on reads nothing twice. Rows may come, go and change meanwhile.
 */
export interface Selection {
  /** None beyond `upTo`. Each step looks at one row at most: undefined says that it was none. */
  rows(selector: Selector, upTo: number): Generator<SelectedRow | undefined, void>;
  /** What the row with that id says, complete or not, that a removal can ask of it. */
  named(id: string): SelectedRow | undefined;
}

export function prepareSelection(database: Database): Selection {
  const statements = prepareStatements(database);
  const waysOf = prepareWays(database);

  return {
    *rows(selector, upTo) {
      for (const way of waysOf(selector, upTo)) {
        for (const { seq, primaryKey } of way.candidates()) {
          const row = concerns(selector, primaryKey) ? statements.row.get(seq) : null;
          yield row !== null && isSelected(selector, row) ? row : undefined;
        }
        // There may be as many ways as a glob has characters.
        yield undefined;
      }
    },
    named: (id) => statements.rowWithId.get(id) ?? undefined,
  };
}

/** Names share hashes, and of a row that was freshened meanwhile an index has told otherwise. */
function isSelected(selector: Selector, row: SelectedRow): boolean {
  if (nameIn(selector) === null) return selects(selector, { ...row, policy: nameless });
  const policy = policyOf(row);
  // What is not readable serves nobody; that it is not what was to go cannot be told.
  return policy === undefined || selects(selector, { ...row, policy });
}

const nameless = { groups: [], tags: [] };

/** Undefined where it is not one that was written here. */
export function policyOf({ policy: text }: Pick<SelectedRow, "policy">): Policy | undefined {
  try {
    return decodePolicy(text);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function prepareStatements(database: Database) {
  const row =
    "seq, id, primaryKey, variantKey, status, size, inFile, pieces IS NOT NULL AS isPartial, policy";
  return {
    row: database.query<SelectedRow, [number]>(`SELECT ${row} FROM responses WHERE seq = ?`),
    rowWithId: database.query<SelectedRow, [string]>(`SELECT ${row} FROM responses WHERE id = ?`),
  };
}
