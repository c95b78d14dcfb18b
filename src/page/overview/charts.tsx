import { readableBytes, readableLatency, readableRate, readableShare } from "../../control/amounts.ts";
import { placeOfOutcome } from "../../control/outcomes.ts";
import type { History } from "../../control/overview.ts";
import { Card } from "../parts/card.tsx";
import { Chart } from "../parts/chart.tsx";
import { colourOf } from "../parts/outcome.tsx";
import type { ChartLine } from "../parts/points.ts";
import { hitShares, savedShares } from "./shares.ts";

const perSecond = (rate: number) => `${readableRate(rate)}/s`;
const bytesPerSecond = (rate: number) => `${readableBytes(rate)}/s`;
const percent = (value: number) => readableShare(value, 100);

/** How it was of late. */
export function Charts({ history }: { readonly history: History }) {
  const { at } = history;
  return (
    <>
      <Card title="What the cache did" aside={<span class="muted">requests in a second</span>}>
        <div class="wide">
          <Chart
            summary="Requests in a second by what the cache did"
            at={at}
            lines={outcomesOf(history)}
            isStacked
            write={perSecond}
          />
        </div>
      </Card>
      <div class="grid">
        <Card title="Hits" aside={<span class="muted">share of all</span>}>
          <Chart summary="Share of hits" at={at} lines={sharesOf(history)} most={100} write={percent} />
        </Card>
        <Card title="How long answers take" aside={<span class="muted">median and 99 of 100</span>}>
          <Chart
            summary="How long hits from memory and first bytes of origins take"
            at={at}
            lines={waitsOf(history)}
            isLogarithmic
            write={readableLatency}
          />
        </Card>
        <Card title="Bytes" aside={<span class="muted">in a second</span>}>
          <Chart
            summary="Bytes to clients in a second"
            at={at}
            lines={bytesOf(history)}
            isStacked
            isBinary
            write={bytesPerSecond}
          />
        </Card>
      </div>
    </>
  );
}

function outcomesOf({ outcomes }: History): ChartLine[] {
  return Object.entries(outcomes)
    .toSorted(([one], [other]) => placeOfOutcome(one) - placeOfOutcome(other))
    .map(([label, values]) => ({ label, values, colour: colourOf(label) }));
}

function sharesOf(history: History): ChartLine[] {
  return [
    { label: "by request", colour: "green", values: hitShares(history) },
    { label: "by byte", colour: "accent", values: savedShares(history) },
  ];
}

function waitsOf({ hit, origin }: History): ChartLine[] {
  return [
    { label: "hit p50", colour: "green", values: hit.median },
    { label: "hit p99", colour: "green", isDashed: true, values: hit.slowest },
    { label: "origin p50", colour: "blue", values: origin.median },
    { label: "origin p99", colour: "blue", isDashed: true, values: origin.slowest },
  ];
}

/** Together they are what was sent. */
function bytesOf({ sentBytes, savedBytes }: History): ChartLine[] {
  const asked = sentBytes.map((sent, place) => Math.max(0, sent - (savedBytes[place] ?? 0)));
  return [
    { label: "saved", colour: "green", values: savedBytes },
    { label: "from the origin", colour: "blue", values: asked },
  ];
}
