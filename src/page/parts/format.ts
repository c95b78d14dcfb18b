/** How numbers are written, in all of the page. A number that is not known is a dash. */

const none = "–";

/** "1,234,567"; large ones stay whole. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** "0", "0.42", "8.3", "120", "12.3k", "1.2M": three digits or so. */
export function rate(value: number): string {
  if (!Number.isFinite(value)) return none;
  if (value >= 999_500) return `${threeDigits(value / 1e6)}M`;
  if (value >= 9_999.5) return `${threeDigits(value / 1e3)}k`;
  if (value >= 1_000) return count(value);
  return threeDigits(value);
}

/** "812 B", "1.2 kB", "31.4 MB": by thousands, as disks are sold and options are read. */
export function bytes(value: number): string {
  if (!Number.isFinite(value)) return none;
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let left = Math.abs(value);
  let place = 0;
  while (left >= 999.5 && place < units.length - 1) {
    left /= 1000;
    place += 1;
  }
  const sign = value < 0 ? "-" : "";
  return `${sign}${place === 0 ? Math.round(left) : threeDigits(left)} ${units[place]}`;
}

/** "94.2 %", of 0 to 1; a dash of nothing. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return none;
  // 100 % is all, and 0 % is nothing.
  if (share > 0.999 && share < 1) return "> 99.9 %";
  if (share > 0 && share < 0.001) return "< 0.1 %";
  return `${(share * 100).toFixed(share === 0 || share === 1 ? 0 : 1)} %`;
}

/** What one is of the other: NaN of nothing, which is written as a dash. */
export function shareOf(part: number, whole: number): number {
  return whole > 0 ? part / whole : Number.NaN;
}

/** How long something took or takes: "31 µs", "4.2 ms", "1.5 s", "3 min 20 s", "5 h 2 min", "3 d 4 h". */
export function duration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return none;
  const value = Math.abs(milliseconds);
  if (value === 0) return "0 ms";
  if (value < 0.9995) return `${threeDigits(value * 1e3)} µs`;
  if (value < 999.5) return `${threeDigits(value)} ms`;
  if (value < 10_000) return `${(value / 1000).toFixed(1)} s`;
  return inTwoUnits(Math.round(value / 1000));
}

function inTwoUnits(seconds: number): string {
  const units = [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
    ["s", 1],
  ] as const;
  const first = units.findIndex(([, size]) => seconds >= size);
  let left = seconds;
  const parts = units.slice(Math.max(first, 0), first + 2).map(([name, size]) => {
    const times = Math.floor(left / size);
    left -= times * size;
    return times === 0 ? null : `${times} ${name}`;
  });
  return parts.filter((part) => part !== null).join(" ") || "0 s";
}

/** "3 min 20 s ago", of instants in milliseconds. */
export function ago(then: number, now: number): string {
  return now - then < 1_000 ? "just now" : `${duration(Math.floor((now - then) / 1000) * 1000)} ago`;
}

/** "14:03:07" in the time of who looks, or with the day before it when that is another. */
export function clockTime(instant: number, now: number): string {
  const [then, today] = [new Date(instant), new Date(now)];
  const time = then.toLocaleTimeString("en-GB");
  return then.toDateString() === today.toDateString() ? time : `${then.toLocaleDateString("en-CA")} ${time}`;
}

function threeDigits(value: number): string {
  if (value === 0) return "0";
  if (value >= 99.95) return `${Math.round(value)}`;
  return value >= 9.995 ? trimmed(value.toFixed(1)) : trimmed(value.toFixed(2));
}

function trimmed(written: string): string {
  return written.replace(/\.?0+$/, "");
}
