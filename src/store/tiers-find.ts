import type { DiskFound } from "./disk/disk-found.ts";
import type { DiskStore } from "./disk/disk-store.ts";
import type { Adoption } from "./memory/adoption.ts";
import { type Found, newestFirst, type Seen } from "./tier.ts";
import type { TwoTiers } from "./tiers-sink.ts";

/** Read into memory for one look-up at the most; the newest variants come first. */
const promotedBytesPerFind = 1024 * 1024;

/** Each variant in its newest state: that of memory, unless another process has stored or freshened it since. */
export async function findInTiers(tiers: TwoTiers, primaryKey: string): Promise<Found[]> {
  const { memory, disk, largestBytes } = tiers;
  const adoption = memory.adopt(primaryKey);
  // Of files, memory knows no more than the disk, which looks whether they are still there.
  const held: readonly Found[] = (memory.peek(primaryKey) ?? []).filter(({ body }) => body.kind !== "file");
  const beneath: Found[] = [];
  let promotable = promotedBytesPerFind;
  for (const found of await disk.find(primaryKey)) {
    if (held.some((entry) => isAsGood(entry, found))) continue;
    const { size } = found.response;
    const isSmall = size <= Math.min(largestBytes, promotable);
    if (isSmall) promotable -= size;
    const entry = await (isSmall ? promote : confirmed)(disk, found, adoption);
    if (entry) beneath.push(entry);
  }
  return newestFirst([...unrivalled(held, beneath), ...beneath]);
}

/** `Tier.look`: the same choice, without bringing anything up. */
export async function lookInTiers(
  { memory, disk }: Pick<TwoTiers, "memory" | "disk">,
  primaryKey: string,
): Promise<Seen[]> {
  const held = (await memory.look(primaryKey)).filter(({ body }) => body.kind !== "file");
  const onDisk = await disk.look(primaryKey);
  const beneath = onDisk.filter((found) => !held.some((entry) => isAsGood(entry, found)));
  return newestFirst([...unrivalled(held, beneath), ...beneath]);
}

/** Those of memory of which the disk has nothing newer. */
function unrivalled<Each extends Found>(held: readonly Each[], beneath: readonly Found[]): Each[] {
  return held.filter((entry) => !beneath.some((found) => isSameVariant(found, entry)));
}

async function promote(
  disk: DiskStore,
  found: DiskFound,
  adoption: Adoption<unknown>,
): Promise<Found | undefined> {
  const reading = disk.read(found);
  const bytes = reading instanceof Promise ? await reading : reading;
  if (bytes === undefined) return undefined;
  const { response } = found;
  return adoption.take(response, bytes) ?? { response, body: { kind: "memory", bytes } };
}

/**
 * A body that is not trusted is read once before it is used. The request waits for that: the disk is quicker than
 * the origin, which has enough to do after an outage.
 */
async function confirmed(
  disk: DiskStore,
  found: DiskFound,
  adoption: Adoption<unknown>,
): Promise<Found | undefined> {
  if (!(await disk.confirm(found))) return undefined;
  if ("modifiedAt" in found) {
    const { response, body, modifiedAt } = found;
    adoption.take(response, { ...body, size: response.size, modifiedAt });
  }
  return found;
}

function isSameVariant(one: Found, other: Found): boolean {
  return one.response.variantKey === other.response.variantKey;
}

function isAsGood(held: Found, found: Found): boolean {
  return isSameVariant(held, found) && held.response.version >= found.response.version;
}
