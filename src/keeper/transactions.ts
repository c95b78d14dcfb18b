import type { Database } from "bun:sqlite";

/** Makes a transaction of some work that writes: it happens whole, or not at all. */
export type Atomically = <Args extends unknown[], Result>(
  work: (...args: Args) => Result,
) => (...args: Args) => Result;

/** Transactions that begin by taking the right to write, so that none fails half-way because somebody else has it. */
export function prepareTransactions(database: Database): Atomically {
  return (work) => database.transaction(work).immediate;
}
