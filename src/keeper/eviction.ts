import type { Database, Statement } from "bun:sqlite";
import type { DiskSpace } from "../store/disk/keeper.ts";

const columns = "seq, spentAt, id, footprint, used, inFile";
const rowsAtATime = 256;
/** Rows that one call passes over: of those in use, before the hand takes what comes, and of those that would not help. */
const sparedAtMost = 4096;

interface Candidate {
  readonly seq: number;
  readonly spentAt: number | null;
  readonly id: string;
  readonly footprint: number;
  readonly used: number;
  readonly inFile: number;
}

/** Those whose bodies lie in files are in an index of their own: they may be few among many. */
interface Queue {
  readonly after: Statement<Candidate, [number, number]>;
  readonly unmark: Statement<never, [number, number]>;
}

/**
 * Ids of the rows least worth their room, of at least `excess` together where there are so many. First what
 * serves nobody, then by SIEVE as in memory/sieve.ts: `seq` is the queue, `used` the mark, `state.hand` the hand. It
 * marks and moves the hand, so the next call goes on where this one ended. Where only files are too many, small bodies
 * stay. Call it in a transaction.
 */
export type ChooseVictims = (excess: DiskSpace) => string[];

/**
 * Why a row had to go: it served nobody any more, all was more than the bytes or the files that may be, or its key had too many
 * variants.
 */
export type EvictionCause = "spent" | "room" | "files" | "variants";
export type OnEvicted = (cause: EvictionCause, rows: number) => void;

/** Prepares the choice on this index. `now` is in milliseconds since the epoch. */
export function prepareChoice(database: Database, now: () => number, onEvicted: OnEvicted): ChooseVictims {
  const spent = database.query<Candidate, [number, number, number, number]>(
    `SELECT ${columns} FROM responses
       WHERE spentAt <= ? AND (spentAt, seq) > (?, ?) ORDER BY spentAt, seq LIMIT ?`,
  );
  const queueOf = (condition: string): Queue => ({
    after: database.query(
      `SELECT ${columns} FROM responses WHERE ${condition} AND seq > ? ORDER BY seq LIMIT ?`,
    ),
    unmark: database.query(
      `UPDATE responses SET used = 0 WHERE ${condition} AND seq > ? AND seq <= ? AND used = 1`,
    ),
  });
  const all = queueOf("true");
  const inFiles = queueOf("inFile = 1");
  const readHand = database.query<{ hand: number }, []>("SELECT hand FROM state");
  const writeHand = database.query<never, [number]>("UPDATE state SET hand = ?");

  return function chooseVictims(excess) {
    const victims = new Set<string>();
    let freed = 0;
    let files = 0;
    const areEnoughBytes = () => freed >= excess.bytes;
    const isEnough = () => areEnoughBytes() && files >= excess.files;
    const take = ({ id, footprint, inFile }: Candidate): void => {
      if (victims.has(id)) return;
      victims.add(id);
      freed += footprint;
      files += inFile;
    };

    function takeSpent(): void {
      let last: Candidate | undefined;
      let spared = 0;
      do {
        const rows = spent.all(now(), last?.spentAt ?? -Infinity, last?.seq ?? 0, rowsAtATime);
        for (const row of rows) {
          if (isEnough()) break;
          if (row.inFile === 0 && areEnoughBytes()) spared++;
          else take(row);
        }
        last = rows.at(-1);
      } while (last !== undefined && !isEnough() && spared < sparedAtMost);
    }

    function moveHand({ after, unmark }: Queue, isEnough: () => boolean): void {
      let hand = readHand.get()?.hand ?? 0;
      let spared = 0;
      // The first round begins in the middle, the second may only take marks away, the third meets none.
      for (let ends = 0; !isEnough() && ends < 3; ) {
        const start = hand;
        const rows = after.all(start, rowsAtATime);
        for (const row of rows) {
          if (isEnough()) break;
          if (row.used === 1 && spared < sparedAtMost) spared++;
          else take(row);
          hand = row.seq;
        }
        unmark.run(start, hand);
        if (rows.length > 0) continue;
        hand = 0;
        ends++;
      }
      writeHand.run(hand);
    }

    let counted = 0;
    const count = (cause: EvictionCause): void => {
      if (victims.size > counted) onEvicted(cause, victims.size - counted);
      counted = victims.size;
    };

    takeSpent();
    count("spent");
    if (!areEnoughBytes()) moveHand(all, areEnoughBytes);
    count("room");
    if (!isEnough()) moveHand(inFiles, isEnough);
    count("files");
    return [...victims];
  };
}
