import { readableDuration } from "../../control/amounts.ts";

/** Instants as people read them; amounts are written by control/amounts. All are in milliseconds since the epoch. */

/** "3 min ago" */
export function ago(then: number, now: number): string {
  return now - then < 1_000 ? "just now" : `${readableDuration(now - then)} ago`;
}

/** "14:03:07" in the time of who looks, with the day before it where that is not today. */
export function clockTime(instant: number, now: number): string {
  const [then, today] = [new Date(instant), new Date(now)];
  const time = then.toLocaleTimeString("en-GB");
  return then.toDateString() === today.toDateString() ? time : `${then.toLocaleDateString("en-CA")} ${time}`;
}
