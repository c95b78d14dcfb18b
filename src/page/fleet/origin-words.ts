import { readableCount, readableMilliseconds } from "../../control/amounts.ts";
import type { OriginsTold, OriginTold } from "../../control/origins.ts";

/** What a worker makes of an origin. */
export const stateInWords: Readonly<Record<OriginTold["state"], string>> = {
  trusted: "trusted",
  "left-alone": "left alone",
  tried: "being tried",
};

/** Answers or failures: "1,204 (2xx 1,200, 5xx 4)". */
export function countsIn(counts: OriginTold["answers" | "failures"]): string {
  const told = Object.entries(counts).sort(([one], [other]) => one.localeCompare(other));
  const all = told.reduce((sum, [, each]) => sum + each, 0);
  if (all === 0) return "none";
  return `${readableCount(all)} (${told.map(([name, each]) => `${name} ${readableCount(each)}`).join(", ")})`;
}

/** "half within 3.91 ms, 99 % within 31.3 ms": of all since the start. */
export function firstByteIn({ median, slowest }: OriginTold["firstByte"]): string {
  if (median === null || slowest === null) return "–";
  return `half within ${readableMilliseconds(median)}, 99 % within ${readableMilliseconds(slowest)}`;
}

/** Who finds out whether an origin is well, and which of several is asked. */
export function askedIn({
  health,
  balance,
  origins,
}: Pick<OriginsTold["sites"][number], "health" | "balance" | "origins">): string {
  const by = health === null ? "for clients" : `for clients, and for ${health} by itself`;
  return origins.length > 1 ? `${by}; ${balance}` : by;
}

/** Why a worker does not quite trust it: each finds out for itself. Null where it does. */
export function doubtIn({ worker, state, failures, restsFor }: OriginTold["workers"][number]): string | null {
  if (state === "trusted" && failures === 0) return null;
  const failed = `worker ${worker}: ${failures} failure${failures === 1 ? "" : "s"} in a row`;
  if (state === "trusted") return failed;
  if (state === "tried") return `${failed}, one request finds out now`;
  return restsFor > 0
    ? `${failed}, left alone for ${Math.ceil(restsFor / 1000)} s more`
    : `${failed}, the next request tries it`;
}
