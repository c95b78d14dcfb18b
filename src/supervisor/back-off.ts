/** How long to wait before a process is started again, given how often in a row it died before: 100 ms, doubling, up to 10 s. */
export function restartDelay(deathsInARow: number): number {
  return Math.min(100 * 2 ** Math.min(deathsInARow, 10), 10_000);
}

/** A process that was ready this long has recovered: the next death counts as the first. */
export const RECOVERED_MILLISECONDS = 10_000;
