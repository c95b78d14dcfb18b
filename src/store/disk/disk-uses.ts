import type { Handover } from "./handover.ts";
import type { Outbox } from "./outbox.ts";
import type { PartialRow, Row } from "./row.ts";

/** Tells the keeper which responses are in use, and are to stay when others have to go. */
export interface DiskUses {
  note(ids: readonly string[]): void;
  /** The same of a row that was read, unless it was noted of it within the last minute: one write serves many hits. */
  noteRow(row: Pick<Row | PartialRow, "response" | "lastUsedAt" | "used">): void;
}

const granularityMilliseconds = 60_000;

/** `now` is in milliseconds since the epoch. */
export function createDiskUses(
  outbox: Pick<Outbox, "noteUse">,
  handover: Pick<Handover, "schedule">,
  now: () => number,
): DiskUses {
  function note(ids: readonly string[]): void {
    const at = now();
    for (const id of ids) outbox.noteUse(id, at);
    if (ids.length > 0) handover.schedule();
  }

  return {
    note,
    noteRow({ response, lastUsedAt, used }) {
      if (!used || now() - lastUsedAt >= granularityMilliseconds) note([response.id]);
    },
  };
}
