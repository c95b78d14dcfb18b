import type { PurgeAnswer } from "./purge.ts";

/** How much a purge has removed. */
export type PurgeCounts = Pick<PurgeAnswer, "complete" | "partial" | "inFlight" | "soft" | "dryRun">;

/** "removed 12 (11 whole, 1 in part); 2 on their way are not stored" */
export function purgedLine({ complete, partial, inFlight, soft, dryRun }: PurgeCounts): string {
  const verb = soft ? "make stale" : "remove";
  const did = soft ? "made stale" : "removed";
  const kinds = partial === 0 ? "" : ` (${complete} whole, ${partial} in part)`;
  const onTheirWay =
    inFlight === 0
      ? ""
      : dryRun
        ? `, and not store ${inFlight} on their way`
        : `; ${inFlight} on their way are not stored`;
  return `${dryRun ? `would ${verb}` : did} ${complete + partial}${kinds}${onTheirWay}`;
}
