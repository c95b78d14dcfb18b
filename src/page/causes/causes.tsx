import { useState } from "preact/hooks";
import { readableCount } from "../../control/amounts.ts";
import type { Causes as CausesTold } from "../../control/cacheability.ts";
import { Age } from "../parts/age.tsx";
import { Choice } from "../parts/choice.tsx";
import { Empty } from "../parts/empty.tsx";
import { clockTime } from "../parts/format.ts";
import { useAnswer } from "../polling.ts";
import { CauseCard } from "./cause-card.tsx";
import { LeftAlone } from "./left-alone.tsx";
import { Summary } from "./summary.tsx";
import { causesSeen, keyOf, sitesIn } from "./seen.ts";

const everyMilliseconds = 10_000;

/** Seconds, and how they are called. */
const spans: readonly (readonly [number, string])[] = [
  [900, "15 minutes"],
  [3_600, "hour"],
  [21_600, "6 hours"],
  [86_400, "day"],
];

/** Why requests were no hits, the costliest cause first, each with what to change and the URLs behind it. */
export function Causes() {
  const [seconds, setSeconds] = useState(3_600);
  const [site, setSite] = useState<string | null>(null);
  const answer = useAnswer<CausesTold>(`causes?since=${seconds}`, everyMilliseconds);
  const told = answer.value;
  const sites = told === undefined ? [] : sitesIn(told);
  return (
    <>
      <div class="causes-choices">
        <Choice label="Of the last" options={spans} value={seconds} onChoice={setSeconds} />
        {sites.length > 1 && (
          <Choice label="Site" options={choicesOf(sites)} value={site} onChoice={setSite} />
        )}
        {told !== undefined && <Counted told={told} />}
      </div>
      <Age answer={answer} />
      {told !== undefined && <CausesShown told={told} site={site} />}
    </>
  );
}

/** Null is all of them. */
function choicesOf(sites: readonly string[]): [site: string | null, name: string][] {
  return [[null, "all"], ...sites.map((site): [string, string] => [site, site || "the one of the flags"])];
}

function Counted({ told: { from, until } }: { readonly told: CausesTold }) {
  return (
    <p class="muted causes-time">
      Counted from {clockTime(from, until)} to {clockTime(until, until)}
    </p>
  );
}

function CausesShown({ told, site }: { readonly told: CausesTold; readonly site: string | null }) {
  const seen = causesSeen(told, site);
  const { toChange, toLeave, unavoidable } = seen;
  if (seen.requests === 0) return <Empty>No request has come in this time.</Empty>;
  const isOfOneSite = site !== null || sitesIn(told).length < 2;
  return (
    <>
      <Summary seen={seen} />
      <h2>What to change, the costliest first</h2>
      {toChange.length === 0 ? (
        <Empty>Nothing: all that could have been a hit was one.</Empty>
      ) : (
        <ol class="causes">
          {toChange.map((cause) => (
            <CauseCard key={keyOf(cause)} cause={cause} isOfOneSite={isOfOneSite} />
          ))}
        </ol>
      )}
      {toLeave.length > 0 && (
        <details class="card causes-left">
          <summary>
            <h2>What is right as it is</h2>{" "}
            <span class="muted">{readableCount(unavoidable.requests)} requests</span>
          </summary>
          <LeftAlone causes={toLeave} isOfOneSite={isOfOneSite} />
        </details>
      )}
    </>
  );
}
