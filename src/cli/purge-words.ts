import type { Listed, PastPurge, PurgeAnswer } from "../control/purge.ts";
import { visible } from "../control/visible-text.ts";

type Counts = Pick<PurgeAnswer, "complete" | "partial" | "inFlight" | "soft" | "dryRun">;

/** "removed 12 (11 whole, 1 in part); 2 on their way are not stored" */
export function purgedLine({ complete, partial, inFlight, soft, dryRun }: Counts): string {
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

/** Of several answers, which were all given in one manner. */
export function sumOf(answers: readonly PurgeAnswer[]): Counts {
  const sum = (name: "complete" | "partial" | "inFlight") =>
    answers.reduce((total, answer) => total + answer[name], 0);
  return {
    complete: sum("complete"),
    partial: sum("partial"),
    inFlight: sum("inFlight"),
    soft: answers.some(({ soft }) => soft),
    dryRun: answers.some(({ dryRun }) => dryRun),
  };
}

/** One stored response, as a dry run tells it. Its key is target, site and host: no site or client can write more than that line. */
export function listedLine({ key, variant, status, size, isPartial }: Listed): string {
  const differs = variant === "" ? "" : `  ${visible(variant)}`;
  return `${status} ${String(size).padStart(10)} B${isPartial ? " in part" : ""}  ${visible(key)}${differs}`;
}

/** One purge, as the list of the last ones tells it. */
export function pastLine({ at, asker, lookedFor, soft, milliseconds, ...counts }: PastPurge): string {
  const when = new Date(at).toISOString().replace("T", " ").slice(0, 19);
  const who = asker.client === null ? asker.by : `${asker.client} ${asker.by}`;
  const what =
    counts.error === undefined ? purgedLine({ ...counts, soft, dryRun: false }) : `failed: ${counts.error}`;
  return `${when}  ${visible(what)} in ${milliseconds.toFixed(0)} ms: ${visible(lookedFor)} (${visible(who)})`;
}
