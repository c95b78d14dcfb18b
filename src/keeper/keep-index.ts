import type { Trouble } from "../store/tier.ts";
import type { Cancel, Clock } from "../system/clock.ts";
import type { Index } from "./index.ts";
import type { JanitorIndex } from "./janitor.ts";
import { troubleOf } from "./trouble-of.ts";

export interface KeepIndexOptions {
  /** Opens the index as its keeper; with `knownDamage` it sets aside what is there and begins anew. */
  readonly open: (knownDamage?: string) => Index;
  /** Looks through the whole file, which takes a while and is done elsewhere; what is wrong with it, if anything. */
  readonly findDamage: () => Promise<string | undefined>;
  readonly clock: Clock;
  readonly onTrouble: (trouble: Trouble) => void;
  /** Another index is there than before, or one where there was none. */
  readonly onOpened: () => void;
}

/**
 * The index as the keeper has it: looked through when there is reason to, replaced when it is damaged or somebody
 * has removed it, and tried again each second where it cannot be opened. While there is none it holds nothing.
 */
export interface KeptIndex extends JanitorIndex {
  /** Undefined while there is none. */
  current(): Index | undefined;
  /** Somebody has read from it what cannot be. */
  suspect(): void;
  /** Leaves the mark of an orderly end. */
  close(): void;
}

/** A damage that was not found is not looked for again at once. */
const SUSPECT_MILLISECONDS = 60_000;
const LOOK_MILLISECONDS = 1_000;
/** Bodies stay for so long when their index has been replaced: some are just being opened, or about to get a row in the new one. */
const SWEEP_MILLISECONDS = 1_000;

/** Opens the index. After an end that was not orderly it is looked through while the workers serve already. */
export function keepIndex(options: KeepIndexOptions): KeptIndex {
  const { open, findDamage, clock, onTrouble, onOpened } = options;
  let index: Index | undefined;
  /** What is wrong with the one that lies there, until another has taken its place. */
  let damage: string | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let closed = false;
  let cancelSweep: Cancel = () => undefined;

  function look(): void {
    try {
      if (index === undefined) begin();
      else replaceFor(index.whatIsWrong());
    } catch (error) {
      onTrouble(troubleOf(error, "INDEX_ABSENT", "there is no disk cache"));
    }
  }

  function begin(): void {
    const began = open(damage);
    index = began;
    onOpened();
    if (damage === undefined) {
      if (!began.wasClosedCleanly) suspect();
      return;
    }
    damage = undefined;
    const replacedAt = clock.now();
    cancelSweep();
    cancelSweep = clock.after(SWEEP_MILLISECONDS, () => sweepAfter(began, replacedAt));
  }

  /** The bodies of the one before are nobody's, and count for nothing. */
  function sweepAfter(began: Index, replacedAt: number): void {
    began.sweepOrphans(replacedAt).catch((error: unknown) => {
      if (index !== began) return;
      onTrouble(troubleOf(error, "INDEX_SWEEP", "what a replaced index has left cannot be removed"));
    });
  }

  function letGo(how: "close" | "leave"): void {
    const former = index;
    index = undefined;
    former?.[how]();
  }

  function replaceFor(found: string | undefined): void {
    if (found === undefined) return;
    damage = found;
    letGo("leave");
    begin();
  }

  async function lookThrough(): Promise<void> {
    const looked = index;
    const found = await findDamage();
    if (!closed && index === looked) replaceFor(found);
  }

  function suspect(): void {
    if (clock.steady() - lookedAt < SUSPECT_MILLISECONDS) return;
    lookedAt = clock.steady();
    lookThrough().catch((error: unknown) => {
      if (!closed) onTrouble(troubleOf(error, "INDEX_CHECK", "the index could not be looked through"));
    });
  }

  const cancel = clock.every(LOOK_MILLISECONDS, look);
  look();

  return {
    current: () => index,
    ...whileThere(() => index),
    suspect,
    close() {
      closed = true;
      cancelSweep();
      cancel();
      letGo("close");
    },
  };
}

/** The index, and one that holds nothing while there is none. */
function whileThere(index: () => Index | undefined): JanitorIndex {
  return {
    totals: () => index()?.totals() ?? { bytes: 0, objects: 0 },
    futureSpace: () => index()?.futureSpace() ?? { bytes: 0, files: 0 },
    evictionCandidates: (excess) => index()?.evictionCandidates(excess) ?? [],
    deleteRows: (ids) => index()?.deleteRows(ids) ?? 0,
    checkpoint: () => index()?.checkpoint(),
    checkpointIfGrown: () => index()?.checkpointIfGrown(),
    giveBackPages: () => index()?.giveBackPages() ?? false,
    disposeOfTags: () => index()?.disposeOfTags() ?? false,
    discardEnded: () => index()?.discardEnded(),
    sweepOrphans: async (modifiedBefore) => (await index()?.sweepOrphans(modifiedBefore)) ?? 0,
  };
}
