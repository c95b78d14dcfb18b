import type { Database } from "bun:sqlite";
import { isBusy } from "./schema.ts";

/** Makes a transaction of some work that writes. */
export type Atomically = <Args extends unknown[], Result>(
  work: (...args: Args) => Result,
) => (...args: Args) => Result;

/**
 * Transactions that wait so many milliseconds for another process to let go of the index. To wait is to stand still: who
 * has waited in vain does not wait again until one has succeeded. Else each request that stores something would cost all
 * others that time, for as long as a process that was stopped holds the index.
 */
export function prepareTransactions(database: Database, patienceMilliseconds: number): Atomically {
  let isPatient = true;

  function setPatience(patient: boolean): void {
    if (patient === isPatient) return;
    isPatient = patient;
    database.run(`PRAGMA busy_timeout = ${patient ? patienceMilliseconds : 0}`);
  }

  return (work) => {
    const atOnce = database.transaction(work).immediate;
    return (...args) => {
      try {
        const result = atOnce(...args);
        setPatience(true);
        return result;
      } catch (error) {
        if (isBusy(error)) setPatience(false);
        throw error;
      }
    };
  };
}
