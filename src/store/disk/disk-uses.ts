import type { Handover } from "./handover.ts";
import { createHitCounts } from "./hit-counts.ts";
import type { Outbox } from "./outbox.ts";
import type { PartialRow, Row } from "./row.ts";

/** Tells the keeper which responses are in use, and are to stay when others have to go. */
export interface DiskUses {
  note(ids: readonly string[]): void;
  /** The same of a row that was read, unless it was noted of it within the last minute: one write serves many hits. */
  noteRow(row: Pick<Row | PartialRow, "response" | "lastUsedAt" | "used">): void;
  /** See `DiskStore`. */
  noteHits(id: string, hits: number): void;
  tellHits(limit: number): void;
}

const granularityMilliseconds = 60_000;

/** `now` is in milliseconds since the epoch. */
export function createDiskUses(
  outbox: Pick<Outbox, "noteUse" | "isUsed">,
  handover: Pick<Handover, "schedule">,
  now: () => number,
): DiskUses {
  const hits = createHitCounts();

  function note(ids: readonly string[]): void {
    const at = now();
    for (const id of ids) outbox.noteUse(id, at, hits.take(id));
    if (ids.length > 0) handover.schedule();
  }

  return {
    note,
    noteRow({ response, lastUsedAt, used }) {
      if (!used || now() - lastUsedAt >= granularityMilliseconds) note([response.id]);
    },
    noteHits(id, count) {
      // The look-up that has found it may just have noted the use.
      if (outbox.isUsed(id)) outbox.noteUse(id, now(), count);
      else hits.add(id, count);
    },
    tellHits: (limit) => note(hits.first(limit)),
  };
}
