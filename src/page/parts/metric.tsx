interface MetricProps {
  /** As /metrics has it, without the prefix; of its labels those over which it is not a sum: `requests_total{cache="HIT"}`. */
  readonly name: string;
  readonly value: number;
  readonly write: (value: number) => string;
}

/** A number that /metrics tells as well. Its exact value is there for who points at it. */
export function Metric({ name, value, write }: MetricProps) {
  return (
    <data value={String(value)} data-metric={name} title={value.toLocaleString("en")}>
      {write(value)}
    </data>
  );
}
