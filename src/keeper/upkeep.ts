import type { Database } from "bun:sqlite";

/** What keeps the index's files small. It waits for the disk: the keeper does it. */
export interface Upkeep {
  /** Moves the log into the database as far as nobody is in the way. */
  checkpoint(): void;
  /** The same, if many rows have come since: the log would grow, and with it the time the next one takes. */
  checkpointIfGrown(): void;
  /**
   * Gives some of the pages that nothing lies on back to the file system, when there are many: room for bodies in
   * files. Whether there are more.
   */
  giveBackPages(): boolean;
}

/** Some dozen megabytes of log at the most. */
const manyRows = 5000;
/** 32 MB: then writers wait a moment, so that the log begins anew. While they write without a pause it never would. */
const longLog = 8192;
const restartMilliseconds = 50;
const pageBytes = 4096;
const pagesAtATime = 1024;
/** Of the bound, beside what eviction makes free at a time. */
const freeShare = 0.05;
const leastFreeBytes = 16 * 1024 * 1024;

/** `maxBytes` is the bound for all that lies on the disk. */
export function prepareUpkeep(database: Database, maxBytes: number): Upkeep {
  const lastSeq = database.query<{ seq: number | null }, []>("SELECT max(seq) AS seq FROM responses");
  const countFree = database.query<{ freelist_count: number }, []>("PRAGMA freelist_count");
  const mostFree = Math.max(leastFreeBytes, maxBytes * freeShare) / pageBytes;
  let checkpointedSeq = 0;

  function freePages(): number {
    return countFree.get()?.freelist_count ?? 0;
  }

  function checkpoint(): void {
    checkpointedSeq = lastSeq.get()?.seq ?? 0;
    const [result] = database.query("PRAGMA wal_checkpoint(PASSIVE)").values();
    if (Number(result?.[1]) >= longLog) beginLogAnew();
  }

  /** Of what has come since. Nobody can write meanwhile: so not for long, if somebody reads what was there before. */
  function beginLogAnew(): void {
    const [patience] = database.query("PRAGMA busy_timeout").values();
    database.run(`PRAGMA busy_timeout = ${restartMilliseconds}`);
    try {
      database.query("PRAGMA wal_checkpoint(RESTART)").all();
    } finally {
      database.run(`PRAGMA busy_timeout = ${Number(patience?.[0])}`);
    }
  }

  return {
    checkpoint,
    checkpointIfGrown() {
      if (Math.abs((lastSeq.get()?.seq ?? 0) - checkpointedSeq) >= manyRows) checkpoint();
    },
    giveBackPages() {
      const free = freePages();
      if (free <= mostFree) return false;
      database.query(`PRAGMA incremental_vacuum(${pagesAtATime})`).all();
      const left = freePages();
      return left > mostFree && left < free;
    },
  };
}
