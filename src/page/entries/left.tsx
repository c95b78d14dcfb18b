import { readableDuration } from "../../control/amounts.ts";
import type { Entry } from "../../control/entries.ts";
import { Bar } from "../parts/bar.tsx";
import { useSeconds } from "../parts/seconds.ts";
import { exactDuration, secondsLeft } from "./countdown.ts";

interface LeftProps {
  readonly entry: Pick<Entry, "left" | "lifetime">;
  /** When the entry was as it is told, by the page's clock. */
  readonly toldAt: number;
}

/** What is left of an entry's lifetime, counting down. */
export function Left({ entry, toldAt }: LeftProps) {
  const left = secondsLeft(entry.left, toldAt, useSeconds());
  return left > 0 ? (
    <span>{readableDuration(Math.ceil(left) * 1000)}</span>
  ) : (
    <span class="stale-word">stale</span>
  );
}

/** The same to the second, with a bar of its whole lifetime. */
export function Lifetime({ entry, toldAt }: LeftProps) {
  const { lifetime } = entry;
  const left = secondsLeft(entry.left, toldAt, useSeconds());
  const words =
    left > 0
      ? `${exactDuration(left)} left of ${readableDuration(lifetime * 1000)}`
      : `stale for ${exactDuration(-left)}`;
  return (
    <div class="lifetime">
      <Bar share={lifetime > 0 ? left / lifetime : 0} label="Share of its lifetime that is left" />
      <span data-lifetime={left > 0 ? "fresh" : "stale"}>{words}</span>
    </div>
  );
}
