import type { VerifyMessage } from "./door.ts";
import type { Index } from "./index.ts";
import { inspect } from "./inspection.ts";

export interface VerificationOptions {
  readonly index: Index;
  readonly fix: boolean;
  /** Milliseconds since the epoch, by the wall clock. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly say: (message: VerifyMessage) => void;
}

/** A worker may be about to give a file its row. */
const graceMilliseconds = 60_000;
/** A file is removed half a second after its row: see `disposalDelay` of the index. */
const removalMilliseconds = 2_000;
/** Responses from one word on the progress to the next. */
const responsesToldAtATime = 256;

/** Compares all that is stored with its checksums while workers go on, and tells what is wrong. */
export async function verifyInUse({ index, fix, now, sleep, say }: VerificationOptions): Promise<void> {
  const total = index.totals().bytes;
  let responses = 0;
  let bytes = 0;
  await inspect({
    index,
    fix,
    modifiedBefore: now() - graceMilliseconds,
    othersRemoved: () => sleep(removalMilliseconds),
    onFinding: (finding) => say({ kind: "finding", ...finding }),
    onChecked(checked) {
      responses += 1;
      bytes += checked;
      if (responses % responsesToldAtATime === 0) say({ kind: "progress", responses, bytes, total });
    },
  });
  say({ kind: "verified", responses, bytes });
}
