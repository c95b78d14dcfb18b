import type { DiskFound } from "./disk/disk-found.ts";
import type { DiskStore } from "./disk/disk-store.ts";
import type { MemoryStore } from "./memory/memory-store.ts";
import type { Adoption } from "./memory/entry.ts";
import { type Found, newestFirst, type Tier, type Trouble } from "./tier.ts";
import { createTieredSink, putInTiers } from "./tiers-sink.ts";
import { createWriter, toStoreError } from "./writer.ts";

/** Larger bodies are served from their file, which Bun does well, and stay out of memory. */
const largestInMemoryBytes = 1024 * 1024;
/** Read into memory for one look-up at the most; the newest variants come first. */
const promotedBytesPerFind = 1024 * 1024;
const tellUsesMilliseconds = 60_000;
const keysToldAtATime = 1024;

/** Memory before disk. What the disk refuses, memory may still keep; the trouble is reported, not thrown. */
export function createTieredStore<Ready>(
  memory: MemoryStore<Ready>,
  disk: DiskStore,
  onTrouble: (trouble: Trouble) => void,
): Tier {
  const largestBytes = Math.min(memory.maxObjectBytes, largestInMemoryBytes);

  /** The disk knows nothing of what memory answers, and would evict what is asked for most. */
  const useTimer = setInterval(() => {
    disk.noteUse(memory.takeUsed(keysToldAtATime).map(({ id }) => id));
  }, tellUsesMilliseconds);
  useTimer.unref();

  async function promote(found: DiskFound, adoption: Adoption<Ready>): Promise<Found | undefined> {
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
  async function confirmed(found: DiskFound, adoption: Adoption<Ready>): Promise<Found | undefined> {
    if (!(await disk.confirm(found))) return undefined;
    if ("modifiedAt" in found) {
      const { response, body, modifiedAt } = found;
      adoption.take(response, { ...body, size: response.size, modifiedAt });
    }
    return found;
  }

  async function findBeneath(
    primaryKey: string,
    held: readonly Found[],
    adoption: Adoption<Ready>,
  ): Promise<Found[]> {
    const beneath: Found[] = [];
    let promotable = promotedBytesPerFind;
    for (const found of await disk.find(primaryKey)) {
      if (held.some((entry) => isAsGood(entry, found))) continue;
      const { size } = found.response;
      const isSmall = size <= Math.min(largestBytes, promotable);
      if (isSmall) promotable -= size;
      const entry = isSmall ? await promote(found, adoption) : await confirmed(found, adoption);
      if (entry) beneath.push(entry);
    }
    return beneath;
  }

  return {
    /** Each variant in its newest state: that of memory, unless another process has stored or freshened it since. */
    async find(primaryKey) {
      const adoption = memory.adopt(primaryKey);
      // Of files, memory knows no more than the disk, which looks whether they are still there.
      const held: readonly Found[] = (memory.peek(primaryKey) ?? []).filter(
        ({ body }) => body.kind !== "file",
      );
      const beneath = await findBeneath(primaryKey, held, adoption);
      const unrivalled = held.filter((entry) => !beneath.some((found) => isSameVariant(found, entry)));
      return newestFirst([...unrivalled, ...beneath]);
    },

    noteUse: (ids) => disk.noteUse(ids),

    async write(entry, expectedSize) {
      // One variant more may be one too many: the disk should know by then which of them are in use.
      disk.noteUse(memory.variantsInUse(entry.primaryKey));
      const sink = await createTieredSink({ memory, disk, largestBytes, onTrouble, entry, expectedSize });
      // The tiers themselves compare the size with the announced one.
      return createWriter(sink, undefined);
    },

    put(entry, body) {
      disk.noteUse(memory.variantsInUse(entry.primaryKey));
      const found = putInTiers({ memory, disk, largestBytes, onTrouble }, entry, body);
      return disk.takeArriving()?.then(() => found) ?? found;
    },

    async freshen(previous, fields, policy) {
      let onDisk: Found | undefined;
      try {
        onDisk = await disk.freshen(previous, fields, policy);
      } catch (error) {
        onTrouble(toStoreError(error, "a response could not be freshened on disk"));
      }
      // The disk first: it gives the response its version. Of files it knows better than memory.
      const inMemory = await memory.freshen(previous, fields, policy, onDisk?.response.version);
      return inMemory === undefined || inMemory.body.kind === "file" ? onDisk : inMemory;
    },

    async copyAs(...copy) {
      try {
        const onDisk = await disk.copyAs(...copy);
        // Memory takes it from there when it is next asked for, as it does what another worker has stored.
        if (onDisk !== undefined) return onDisk;
      } catch (error) {
        onTrouble(toStoreError(error, "a response could not be kept for another request on disk"));
      }
      return await memory.copyAs(...copy);
    },

    async remove(selector) {
      try {
        return Math.max(...(await Promise.all([memory.remove(selector), disk.remove(selector)])));
      } finally {
        // Once more: until the disk was done, look-ups may have promoted what it still had.
        await memory.dropInTurns(selector);
      }
    },

    published: () => disk.published(),
    pieces: disk.pieces,

    async close() {
      clearInterval(useTimer);
      await memory.close();
      await disk.close();
    },
  };
}

function isSameVariant(one: Found, other: Found): boolean {
  return one.response.variantKey === other.response.variantKey;
}

function isAsGood(held: Found, found: Found): boolean {
  return isSameVariant(held, found) && held.response.version >= found.response.version;
}
