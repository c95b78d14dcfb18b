/** Seconds that are left now of what was left then; 0 or less where it is stale. */
export function secondsLeft(left: number, toldAt: number, now: number): number {
  return left - (now - toldAt) / 1000;
}

const units = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;

/** To the second, so that one sees it move, and of one width: "1 h 02 min 09 s". */
export function exactDuration(seconds: number): string {
  let rest = Math.max(0, Math.floor(seconds));
  const first = units.findIndex(([, size]) => rest >= size);
  const parts = units.slice(first).map(([name, size], place) => {
    const times = Math.floor(rest / size);
    rest -= times * size;
    return `${place === 0 ? times : `${times}`.padStart(2, "0")} ${name}`;
  });
  return parts.join(" ");
}
