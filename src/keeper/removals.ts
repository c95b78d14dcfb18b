import type { Database } from "bun:sqlite";
import { type Selectable, selects } from "../store/arrivals.ts";
import type { Selector } from "../store/tier.ts";

/**
 * Removals in their order, so that every process can tell what was on its way when one of them came: it would undo
 * the removal if it became findable afterwards. Call in a transaction.
 */
export interface Removals {
  /** The number of the last one. */
  last(): number;
  /** Returns its number. */
  add(selector: Selector): number;
  /** Whether one after that number concerns the response; also when there were too many since to know. */
  overtook(response: Selectable, afterNumber: number): boolean;
}

/** More than can come while a body is on its way; beyond them it is not stored. */
const remembered = 4096;

export function prepareRemovals(database: Database): Removals {
  const readLast = database.query<{ number: number | null }, []>(
    "SELECT max(number) AS number FROM removals",
  );
  const insert = database.query<never, [string]>("INSERT INTO removals (selector) VALUES (?)");
  const prune = database.query<never, [number]>("DELETE FROM removals WHERE number <= ?");
  const since = database.query<{ number: number; selector: string }, [number]>(
    "SELECT number, selector FROM removals WHERE number > ? ORDER BY number",
  );

  function last(): number {
    return readLast.get()?.number ?? 0;
  }

  return {
    last,
    add(selector) {
      const number = Number(insert.run(JSON.stringify(selector)).lastInsertRowid);
      prune.run(number - remembered);
      return number;
    },
    overtook(response, afterNumber) {
      const number = last();
      if (number <= afterNumber) return false;
      if (number - afterNumber > remembered) return true;
      return since
        .all(afterNumber)
        .some(({ selector }) => selects(JSON.parse(selector) as Selector, response));
    },
  };
}
