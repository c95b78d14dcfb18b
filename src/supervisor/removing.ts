import type { Listed } from "../control/purge.ts";
import type { PurgeSelector } from "../control/selector.ts";
import { type Clock, within } from "../system/clock.ts";
import { FleetError } from "./fleet-error.ts";
import { type DiskRemoval, KeeperError, type KeeperSlot } from "./keeper-slot.ts";
import type { Unremoved } from "./unremoved.ts";
import type { WorkerSlot } from "./worker-slot.ts";

/** Who removes responses, and what is known of removals that are not carried out. */
export interface RemovingOptions {
  readonly keeper: Pick<KeeperSlot, "remove" | "list">;
  readonly unremoved: Pick<Unremoved, "add">;
  readonly clock: Clock;
}

/** How many responses were removed, or made stale, of each kind. */
export interface RemovedByKind {
  readonly complete: number;
  readonly partial: number;
  readonly inFlight: number;
}

export interface ListedByKind extends RemovedByKind {
  readonly listed: readonly Listed[];
}

/** A purge by prefix may walk a large index. */
const REMOVE_MILLISECONDS = 60_000;

/** See `Fleet`. */
export async function removeEverywhere(
  options: RemovingOptions,
  slotsNow: () => readonly WorkerSlot[],
  selectors: readonly PurgeSelector[],
): Promise<RemovedByKind> {
  const fromDisk = await removeFromDisk(options, selectors);
  const failed = fromDisk instanceof KeeperError;
  const removal = { selectors, number: failed ? null : fromDisk.number };
  const fromMemories = await fromEach(slotsNow(), options.clock, "that it removed", (slot) =>
    slot.remove(removal),
  );
  if (failed) {
    throw new FleetError(
      `what was named is served no more, but is on the disk still (${fromDisk.message}); it is tried each second to remove it`,
    );
  }
  return summed(fromDisk, fromMemories);
}

/** The memories hold copies of what the disk holds: the largest number is the number of responses. */
function summed(
  onDisk: Pick<RemovedByKind, "complete" | "partial">,
  inMemories: readonly Pick<RemovedByKind, "complete" | "inFlight">[],
): RemovedByKind {
  return {
    complete: Math.max(onDisk.complete, ...inMemories.map(({ complete }) => complete)),
    partial: onDisk.partial,
    inFlight: inMemories.reduce((sum, { inFlight }) => sum + inFlight, 0),
  };
}

/** What the workers answer; none for one that has ended: its memory is gone, too. `what` it is, for the message. */
async function fromEach<Answer>(
  slots: readonly WorkerSlot[],
  clock: Clock,
  what: string,
  ask: (slot: WorkerSlot) => Promise<Answer | undefined>,
): Promise<Answer[]> {
  const answers = await Promise.all(
    slots.map(async (slot) => {
      const asked = ask(slot).then((answer) => ({ answer }));
      const answered = await within(clock, REMOVE_MILLISECONDS, asked);
      if (answered === undefined) throw new FleetError(`worker ${slot.number} did not say in time ${what}`);
      return answered.answer;
    }),
  );
  return answers.filter((answer) => answer !== undefined);
}

/** Or why it could not be. Then it is noted as such before anybody is told. */
async function removeFromDisk(
  options: RemovingOptions,
  selectors: readonly PurgeSelector[],
): Promise<DiskRemoval | KeeperError> {
  try {
    return await options.keeper.remove(selectors, REMOVE_MILLISECONDS);
  } catch (error) {
    if (!(error instanceof KeeperError)) throw error;
    options.unremoved.add(selectors);
    return error;
  }
}

/** See `Fleet`. */
export async function listEverywhere(
  { keeper, clock }: RemovingOptions,
  slots: readonly WorkerSlot[],
  selectors: readonly PurgeSelector[],
  limit: number,
): Promise<ListedByKind> {
  const [onDisk, inMemories] = await Promise.all([
    listDisk(keeper, selectors, limit),
    fromEach(slots, clock, "what its memory holds", (slot) => slot.list(selectors, limit)),
  ]);
  const found = [onDisk, ...inMemories].flatMap(({ listed }) => listed);
  const listed = new Map(found.map((each) => [nameOf(each), each]));
  return { ...summed(onDisk, inMemories), listed: [...listed.values()].slice(0, limit) };
}

async function listDisk(
  keeper: RemovingOptions["keeper"],
  selectors: readonly PurgeSelector[],
  limit: number,
) {
  try {
    return await keeper.list(selectors, limit, REMOVE_MILLISECONDS);
  } catch (error) {
    if (!(error instanceof KeeperError)) throw error;
    throw new FleetError(`it cannot be told what is on the disk (${error.message})`);
  }
}

function nameOf({ key, variant }: Listed): string {
  return `${key}\n${variant}`;
}
