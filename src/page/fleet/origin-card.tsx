import { readableBytes, readableCount, readableMilliseconds } from "../../control/amounts.ts";
import type { OriginOutcome, OriginsTold, OriginTold } from "../../control/origins.ts";
import { Badge } from "../parts/badge.tsx";
import { Bar } from "../parts/bar.tsx";
import { Card } from "../parts/card.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { clockTime } from "../parts/format.ts";
import { askedIn, countsIn, doubtIn, firstByteIn, stateInWords } from "./origin-words.ts";

interface OriginCardProps {
  readonly site: OriginsTold["sites"][number];
  readonly origin: OriginTold;
  /** Else the last answers are seen by who opens them. */
  readonly isInFull: boolean;
}

/** An origin: whether it is trusted, how quick it is, and what came of the last requests to it. */
export function OriginCard({ site, origin, isInFull }: OriginCardProps) {
  const { name, state, workers, latest } = origin;
  const waiting = workers.reduce((sum, worker) => sum + worker.waiting, 0);
  const doubts = workers.map(doubtIn).filter((doubt) => doubt !== null);
  const facts = [
    ["Site", site.site],
    ["Answers", countsIn(origin.answers)],
    ["Failures", countsIn(origin.failures)],
    ["First byte", firstByteIn(origin.firstByte)],
    ["Received", readableBytes(origin.receivedBytes)],
    ["Waiting now", readableCount(waiting)],
    ["Asked", askedIn(site)],
  ] as const;
  return (
    <Card
      title={name}
      aside={<Badge tone={state === "trusted" ? "good" : "bad"}>{stateInWords[state]}</Badge>}
    >
      {doubts.length === 0 ? null : (
        <ul class="reasons">
          {doubts.map((doubt) => (
            <li key={doubt}>{doubt}</li>
          ))}
        </ul>
      )}
      <Facts>
        {facts.map(([name, told]) =>
          told === "" ? null : (
            <Fact key={name} term={name}>
              {told}
            </Fact>
          ),
        )}
      </Facts>
      <details class="latest-answers" open={isInFull}>
        <summary>Last answers</summary>
        {latest.length === 0 ? <p class="muted">None since the start.</p> : <Latest latest={latest} />}
      </details>
    </Card>
  );
}

/** So many fit beside the facts. */
const mostShown = 8;

/** The newest first; a longer bar took longer than the others. */
function Latest({ latest }: Pick<OriginTold, "latest">) {
  const longest = Math.max(1, ...latest.map(({ milliseconds }) => milliseconds));
  const now = Date.now();
  return (
    <ol class="latest">
      {latest.slice(0, mostShown).map((outcome, place) => (
        <li key={`${outcome.at} ${place}`}>
          <time dateTime={new Date(outcome.at).toISOString()}>{clockTime(outcome.at, now)}</time>
          <Badge tone={toneOf(outcome)}>{outcome.status ?? outcome.reason}</Badge>
          <Bar share={outcome.milliseconds / longest} label="How long it took beside the others" />
          <span class="number">{readableMilliseconds(outcome.milliseconds)}</span>
        </li>
      ))}
    </ol>
  );
}

function toneOf({ status }: OriginOutcome): "good" | "warn" | "bad" {
  if (status === null || status >= 500) return "bad";
  return status >= 400 ? "warn" : "good";
}
