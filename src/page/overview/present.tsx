import {
  readableBytes,
  readableCount,
  readableLatency,
  readableRate,
  readableShare,
} from "../../control/amounts.ts";
import type { Overview, Wait } from "../../control/overview.ts";
import { Stat, Stats } from "../parts/stat.tsx";
import { hitsIn, requestsIn } from "./shares.ts";

/** The last ten seconds or so, each number beside what it is since the start. */
export function Present({ overview }: { readonly overview: Overview }) {
  const { present, totals, waits, running } = overview;
  const [rate, all] = [requestsIn(present), requestsIn(totals)];
  return (
    <Stats>
      <Stat label="Requests" value={`${readableRate(rate)}/s`}>
        {readableCount(running.requests)} being answered
      </Stat>
      <Stat label="Hits by request" value={readableShare(hitsIn(present), rate)}>
        {readableShare(hitsIn(totals), all)} since the start
      </Stat>
      <Stat label="Hits by byte" value={readableShare(present.savedBytes, present.sentBytes)}>
        {readableShare(totals.savedBytes, totals.sentBytes)} since the start
      </Stat>
      <Stat label="Saved" value={`${readableBytes(present.savedBytes)}/s`}>
        {readableBytes(totals.savedBytes)} since the start
      </Stat>
      <Stat label="A hit takes" value={waitIn(waits.hit.median)}>
        {slowestIn(waits.hit)}
      </Stat>
      <Stat label="The origin takes" value={waitIn(waits.origin.median)}>
        {slowestIn(waits.origin)}
      </Stat>
    </Stats>
  );
}

function waitIn(milliseconds: number | null): string {
  return milliseconds === null ? "–" : `≤ ${readableLatency(milliseconds)}`;
}

function slowestIn({ slowest }: Wait): string {
  return slowest === null ? "none in the last minute" : `99 of 100 ≤ ${readableLatency(slowest)}`;
}
