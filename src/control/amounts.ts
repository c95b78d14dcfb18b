/** Amounts as people read them, in the log and on a terminal. */

/** "1.2 kB": 1 kB is 1024 bytes, as everywhere else in the program. */
export function readableBytes(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let amount = bytes / 1024;
  let unit = 0;
  // 1023.95 would be shown as 1024.0.
  while (amount >= 1023.95 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${amount.toFixed(1)} ${units[unit]}`;
}

/** "0.12 ms", "8.3 ms", "120 ms", "12.3 s" */
export function readableMilliseconds(milliseconds: number): string {
  if (milliseconds >= 9999.5) return `${(milliseconds / 1000).toFixed(1)} s`;
  if (milliseconds >= 99.95) return `${milliseconds.toFixed(0)} ms`;
  return `${milliseconds.toFixed(milliseconds < 9.995 ? 2 : 1)} ms`;
}

/** Milliseconds as exact as they mean something: 29.508436999999958 is 29.508. */
export function inMicroseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

/** "12,345" */
export function readableCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** "0.12", "8.3", "1,234": what is small is worth a digit more. */
export function readableRate(rate: number): string {
  if (rate === 0) return "0";
  if (rate < 0.995) return rate.toFixed(2);
  return rate < 99.95 ? rate.toFixed(1) : readableCount(rate);
}

/** "92.1 %"; "–" of nothing. Only what is all is 100 %, and only nothing is 0 %. */
export function readableShare(part: number, whole: number): string {
  if (whole <= 0) return "–";
  const percent = (100 * part) / whole;
  if (percent > 0 && percent < 0.05) return "<0.1 %";
  if (percent < 100 && percent >= 99.95) return ">99.9 %";
  return `${percent.toFixed(percent < 100 ? 1 : 0)} %`;
}

/** "45 s", "12 min", "3 h 20 min", "5 d 4 h": the two largest units, of which the second may be left out. */
export function readableDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [minutes, hours, days] = [60, 3600, 86_400].map((each) => Math.floor(seconds / each)) as [
    number,
    number,
    number,
  ];
  if (days > 0) return withRest(`${days} d`, hours % 24, "h");
  if (hours > 0) return withRest(`${hours} h`, minutes % 60, "min");
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}

/** "120 ms", "12.3 s", "3 h 20 min": a time that is added up over many, so that it may be short or long. */
export function readableWait(milliseconds: number): string {
  return milliseconds < 60_000 ? readableMilliseconds(milliseconds) : readableDuration(milliseconds);
}

/** "15 µs", "0.24 ms", "120 ms": how long one answer took, which may come from memory or from far away. */
export function readableLatency(milliseconds: number): string {
  return milliseconds > 0 && milliseconds < 0.1
    ? `${Math.max(1, Math.round(milliseconds * 1000))} µs`
    : readableWait(milliseconds);
}

function withRest(first: string, rest: number, unit: string): string {
  return rest === 0 ? first : `${first} ${rest} ${unit}`;
}
