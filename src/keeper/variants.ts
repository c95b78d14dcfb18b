import type { Database } from "bun:sqlite";
import type { OnEvicted } from "./eviction.ts";

/** A row that was removed just now. */
export interface RemovedRow {
  readonly id: string;
  /** 1 when its body lies in a file, which is to be removed, too. */
  readonly inFile: number;
}

/** Keeps the responses under one key, complete or held in pieces, within their number. Call it in a transaction. */
export interface Variants {
  /** Kept of one key. */
  readonly most: number;
  count(primaryKey: string): number;
  /** Removes those beyond the bound: what was never used since it was stored, oldest first, then what was used longest ago. */
  removeExcess(primaryKey: string): RemovedRow[];
}

export function prepareVariants(
  database: Database,
  maxVariantsPerKey: number,
  onEvicted: OnEvicted,
): Variants {
  const countUnder = database.query<{ count: number }, [string]>(
    "SELECT count(*) AS count FROM responses WHERE primaryKey = ?",
  );
  // The newest stays, or nothing new could come while all others are in use.
  const removeLeastUsed = database.query<RemovedRow, [string, string, number]>(
    `DELETE FROM responses WHERE seq IN
       (SELECT seq FROM responses
          WHERE primaryKey = ? AND seq <> (SELECT max(seq) FROM responses WHERE primaryKey = ?)
          ORDER BY used, lastUsedAt, version, seq LIMIT ?) RETURNING id, inFile`,
  );

  function count(primaryKey: string): number {
    return countUnder.get(primaryKey)?.count ?? 0;
  }

  return {
    most: maxVariantsPerKey,
    count,
    removeExcess(primaryKey) {
      const excess = count(primaryKey) - maxVariantsPerKey;
      if (excess <= 0) return [];
      const removed = removeLeastUsed.all(primaryKey, primaryKey, excess);
      onEvicted("variants", removed.length);
      return removed;
    },
  };
}
