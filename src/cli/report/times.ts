import type { Report } from "../../control/report.ts";

/** "10:05 to 11:05 UTC on 28 Nov 2026", and whether that is all since the start. */
export function timeOf({ from, until, startedAt }: Report): string {
  const begin = new Date(Math.max(from, startedAt));
  const end = new Date(until);
  const isSameDay = dayOf(begin) === dayOf(end);
  const span = isSameDay
    ? `${clockOf(begin)} to ${clockOf(end)} UTC on ${dayOf(end)}`
    : `${dayOf(begin)}, ${clockOf(begin)} to ${dayOf(end)}, ${clockOf(end)} UTC`;
  return from <= startedAt ? `${span}, all since its start` : span;
}

/** "Sat, 28 Nov 2026 10:05:00 GMT" has both. */
function dayOf(date: Date): string {
  return date.toUTCString().slice(5, 16);
}

function clockOf(date: Date): string {
  return date.toUTCString().slice(17, 22);
}
