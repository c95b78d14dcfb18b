import type { Index } from "../store/index.ts";
import type { Clock } from "./clock.ts";
import type { HouseIndex } from "./janitor.ts";
import type { Troubles } from "./troubles.ts";

export interface HouseIndexOptions {
  /** Opens the index as its keeper; with `knownDamage` it sets aside what is there and begins anew. */
  readonly open: (knownDamage?: string) => Index;
  /** Looks through the whole file, which takes a while and is done elsewhere; what is wrong with it, if anything. */
  readonly findDamage: () => Promise<string | undefined>;
  readonly clock: Clock;
  readonly troubles: Pick<Troubles, "note">;
}

/** The index as the supervisor keeps it: looked through when there is reason to, replaced when it is damaged. */
export interface KeptIndex extends HouseIndex {
  /** Somebody has read from it what cannot be. */
  suspect(): void;
  /** After the workers have ended: leaves the mark of an orderly end. */
  close(): void;
}

/** A damage that was not found is not looked for again at once. */
const SUSPECT_MILLISECONDS = 60_000;

/** Opens the index. After an end that was not orderly it is looked through while the workers serve already. */
export function keepIndex(options: HouseIndexOptions): KeptIndex {
  const { open, findDamage, clock, troubles } = options;
  let index = open();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let closed = false;

  async function lookThrough(): Promise<void> {
    const damage = await findDamage();
    if (damage === undefined || closed) return;
    index.close();
    index = open(damage);
    // The bodies of the one set aside are nobody's, and count for nothing.
    await index.sweepOrphans(clock.now());
  }

  function suspect(): void {
    if (clock.steady() - lookedAt < SUSPECT_MILLISECONDS) return;
    lookedAt = clock.steady();
    lookThrough().catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (!closed)
        troubles.note({ code: "INDEX_CHECK", message: `the index could not be looked through: ${message}` });
    });
  }

  if (!index.wasClosedCleanly) suspect();

  return {
    totals: () => index.totals(),
    extent: () => index.extent(),
    evictionCandidates: (excess) => index.evictionCandidates(excess),
    deleteRows: (ids) => index.deleteRows(ids),
    checkpoint: () => index.checkpoint(),
    checkpointIfGrown: () => index.checkpointIfGrown(),
    giveBackPages: () => index.giveBackPages(),
    forgetEnded: () => index.forgetEnded(),
    sweepOrphans: (modifiedBefore) => index.sweepOrphans(modifiedBefore),
    suspect,
    close() {
      closed = true;
      index.close();
    },
  };
}
