import type { Listed } from "../control/purge.ts";
import type { PurgeSelector } from "../control/selector.ts";
import { type Clock, within } from "../system/clock.ts";
import { FleetError } from "./fleet-error.ts";
import { type DiskRemoval, KeeperError, type KeeperSlot } from "./keeper-slot.ts";
import type { Unremoved } from "./unremoved.ts";
import type { ListedHere, MemoryRemoval, Removal, WorkerSlot } from "./worker-slot.ts";

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
  const fromMemories = await Promise.all(slotsNow().map((slot) => removeFrom(slot, removal, options.clock)));
  if (failed) {
    throw new FleetError(
      `what was named is served no more, but is on the disk still (${fromDisk.message}); it is tried each second to remove it`,
    );
  }
  const answered = fromMemories.filter((removed) => removed !== undefined);
  return {
    // The memories hold copies of what the disk holds: the largest number is the number of responses.
    complete: Math.max(fromDisk.complete, ...answered.map(({ complete }) => complete)),
    partial: fromDisk.partial,
    inFlight: answered.reduce((sum, { inFlight }) => sum + inFlight, 0),
  };
}

/** Undefined when the worker has ended: its memory is gone, too. */
async function removeFrom(
  slot: WorkerSlot,
  removal: Removal,
  clock: Clock,
): Promise<MemoryRemoval | undefined> {
  const answered = await within(
    clock,
    REMOVE_MILLISECONDS,
    slot.remove(removal).then((removed) => ({ removed })),
  );
  if (answered === undefined)
    throw new FleetError(`worker ${slot.number} did not say in time that it removed`);
  return answered.removed;
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
  const [onDisk, ...inMemories] = await Promise.all([
    listDisk(keeper, selectors, limit),
    ...slots.map((slot) => listMemory(slot, selectors, limit, clock)),
  ]);
  const held = inMemories.filter((answer) => answer !== undefined);
  // The memories hold copies of what the disk holds.
  const listed = new Map(
    [onDisk, ...held].flatMap((each) => each.listed).map((each) => [nameOf(each), each]),
  );
  return {
    complete: Math.max(onDisk.complete, ...held.map(({ complete }) => complete)),
    partial: onDisk.partial,
    inFlight: held.reduce((sum, { inFlight }) => sum + inFlight, 0),
    listed: [...listed.values()].slice(0, limit),
  };
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

/** Undefined when the worker has ended: its memory is gone, too. */
async function listMemory(
  slot: WorkerSlot,
  selectors: readonly PurgeSelector[],
  limit: number,
  clock: Clock,
): Promise<ListedHere | undefined> {
  const answered = await within(
    clock,
    REMOVE_MILLISECONDS,
    slot.list(selectors, limit).then((found) => ({ found })),
  );
  if (answered === undefined)
    throw new FleetError(`worker ${slot.number} did not say in time what its memory holds`);
  return answered.found;
}

function nameOf({ key, variant }: Listed): string {
  return `${key}\n${variant}`;
}
