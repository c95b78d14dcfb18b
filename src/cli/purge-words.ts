import type { Listed, PastPurge, PurgeAnswer } from "../control/purge.ts";
import { type PurgeCounts, purgedLine } from "../control/purge-words.ts";
import { visible } from "../control/visible-text.ts";

/** Of several answers, which were all given in one manner. */
export function sumOf(answers: readonly PurgeAnswer[]): PurgeCounts {
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
