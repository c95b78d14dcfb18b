import { readableBytes, readableCount, readableShare } from "../../control/amounts.ts";
import type { Overview } from "../../control/overview.ts";
import { Bar } from "../parts/bar.tsx";
import { Card } from "../parts/card.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { Metric } from "../parts/metric.tsx";
import { addressOf } from "../place.ts";

/** How full it is, and what is going on at this moment. */
export function Stored({ overview }: { readonly overview: Overview }) {
  const { store, running } = overview;
  return (
    <Card title="What is stored" aside={<a href={addressOf("entries")}>Look into it</a>}>
      <Tier name="On the disk" tier="disk" {...store.disk} />
      <Tier name="In the memory of the workers" tier="memory" {...store.memory} />
      <h3>At this moment</h3>
      <Facts kind="sums">
        <Fact term="Requests being answered">{readableCount(running.requests)}</Fact>
        <Fact term="Answers on their way in that others may join">{readableCount(running.fills)}</Fact>
        <Fact term="Requests that wait for another one's answer">{readableCount(running.waiting)}</Fact>
        <Fact term="WebSockets">{readableCount(running.websockets)}</Fact>
      </Facts>
    </Card>
  );
}

interface TierProps {
  readonly name: string;
  readonly tier: "disk" | "memory";
  readonly bytes: number;
  readonly limit: number;
  readonly objects: number;
}

function Tier({ name, tier, bytes, limit, objects }: TierProps) {
  return (
    <div class="tier">
      <h3>{name}</h3>
      <Bar share={limit > 0 ? bytes / limit : 0} label={`${name}: ${readableShare(bytes, limit)} full`} />
      <p>
        <Metric name={`store_bytes{tier="${tier}"}`} value={bytes} write={readableBytes} /> of{" "}
        {readableBytes(limit)} ({readableShare(bytes, limit)}),{" "}
        <Metric name={`store_objects{tier="${tier}"}`} value={objects} write={readableCount} /> responses
      </p>
    </div>
  );
}
