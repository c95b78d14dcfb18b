import type { DiskStore } from "./disk/disk-store.ts";
import type { MemoryStore } from "./memory/memory-store.ts";
import type { Found, Tier, Trouble } from "./tier.ts";
import { findInTiers, lookInTiers } from "./tiers-find.ts";
import { createTieredSink, putInTiers } from "./tiers-sink.ts";
import { createWriter, toStoreError } from "./writer.ts";

/** Larger bodies are served from their file, which Bun does well, and stay out of memory. */
const largestInMemoryBytes = 1024 * 1024;
const tellUsesMilliseconds = 60_000;
const keysToldAtATime = 1024;
/** There is not much time. */
const keysToldAtClose = 4096;

/** Memory before disk. What the disk refuses, memory may still keep; the trouble is reported, not thrown. */
export function createTieredStore(
  memory: MemoryStore<unknown>,
  disk: DiskStore,
  onTrouble: (trouble: Trouble) => void,
): Tier {
  const largestBytes = Math.min(memory.maxObjectBytes, largestInMemoryBytes);
  const tiers = { memory, disk, largestBytes, onTrouble };

  /** The disk knows nothing of what memory answers, and would evict what is asked for most. */
  const useTimer = setInterval(() => {
    tellUses(keysToldAtATime);
  }, tellUsesMilliseconds);
  useTimer.unref();
  memory.tellHitsTo(disk.noteHits);

  function tellUses(limit: number): void {
    disk.noteUse(memory.takeUsed(limit).map(({ id }) => id));
    disk.tellHits(limit);
  }

  return {
    find: (primaryKey) => findInTiers(tiers, primaryKey),
    look: (primaryKey) => lookInTiers(tiers, primaryKey),
    noteUse: (ids) => disk.noteUse(ids),
    noteHit: (id) => disk.noteHit(id),

    async write(entry, expectedSize) {
      // One variant more may be one too many: the disk should know by then which of them are in use.
      disk.noteUse(memory.variantsInUse(entry.primaryKey));
      const sink = await createTieredSink({ ...tiers, entry, expectedSize });
      // The tiers themselves compare the size with the announced one.
      return createWriter(sink, undefined);
    },

    put(entry, body) {
      disk.noteUse(memory.variantsInUse(entry.primaryKey));
      const found = putInTiers(tiers, entry, body);
      return disk.takeArriving()?.then(() => found) ?? found;
    },

    async freshen(previous, fields, policy, askedAt) {
      let onDisk: Found | undefined;
      try {
        onDisk = await disk.freshen(previous, fields, policy, askedAt);
      } catch (error) {
        onTrouble(toStoreError(error, "a response could not be freshened on disk"));
      }
      // The disk first: it gives the response its version. Of files it knows better than memory.
      const inMemory = await memory.freshen(previous, fields, policy, askedAt, onDisk?.response.version);
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
        await memory.dropInTurns([selector]);
      }
    },

    published: () => disk.published(),
    pieces: disk.pieces,

    async close() {
      clearInterval(useTimer);
      tellUses(keysToldAtClose);
      await memory.close();
      await disk.close();
    },
  };
}
