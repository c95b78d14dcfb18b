import { remembered } from "./remembered.ts";

/**
 * Milliseconds since the epoch of an HTTP-date in any of its three formats (RFC 9110 §5.6.7), or null. Letters may
 * be of any case, the zone is GMT, and the name of the day need not fit the date (RFC 9111 §4.2). `now` says which
 * century a year of two digits is in: the latest that is not more than 50 years ahead.
 */
export function parseHttpDate(value: string, now: number): number | null {
  const instant = wholeYear(value);
  if (instant !== null) return instant;
  const twoDigits = twoDigitFormat.exec(value);
  return twoDigits === null ? null : withCentury(twoDigits, now);
}

const wholeYear = remembered((value): number | null => {
  const current = currentFormat.exec(value);
  if (current !== null) return instant(current, Number(current[3]), current[2], current[1], 4);
  const ansi = ansiFormat.exec(value);
  return ansi === null ? null : instant(ansi, Number(ansi[6]), ansi[1], ansi[2], 3);
});

/** The instant (milliseconds since the epoch) as an IMF-fixdate, cut to the second. */
export function formatHttpDate(at: number): string {
  return new Date(at).toUTCString();
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const month = `(${months.join("|")})`;
const day = "(?:mon|tue|wed|thu|fri|sat|sun)";
const longDay = "(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)";
const time = "(\\d\\d):(\\d\\d):(\\d\\d)";
const currentFormat = new RegExp(`^${day}, (\\d\\d) ${month} (\\d{4}) ${time} gmt$`, "i");
const twoDigitFormat = new RegExp(`^${longDay}, (\\d\\d)-${month}-(\\d\\d) ${time} gmt$`, "i");
const ansiFormat = new RegExp(`^${day} ${month} (\\d\\d| \\d) ${time} (\\d{4})$`, "i");

function withCentury(match: RegExpExecArray, now: number): number | null {
  const thisYear = new Date(now).getUTCFullYear();
  const century = thisYear - (thisYear % 100) + 100;
  for (const year of [century, century - 100, century - 200].map((base) => base + Number(match[3]))) {
    const at = instant(match, year, match[2], match[1], 4);
    if (at !== null && at <= fiftyYearsAfter(now)) return at;
  }
  return null;
}

function fiftyYearsAfter(now: number): number {
  const date = new Date(now);
  return date.setUTCFullYear(date.getUTCFullYear() + 50);
}

function instant(
  match: RegExpExecArray,
  year: number,
  monthName = "",
  dayOfMonth = "",
  timeGroup = 0,
): number | null {
  const [hour, minute, second] = [0, 1, 2].map((offset) => Number(match[timeGroup + offset]));
  if (hour === undefined || minute === undefined || second === undefined) return null;
  // 60 is a leap second.
  if (hour > 23 || minute > 59 || second > 60) return null;
  const monthIndex = months.indexOf(monthName.toLowerCase());
  // Not Date.UTC, which reads the years 0 to 99 as 1900 to 1999.
  const date = new Date(0);
  date.setUTCFullYear(year, monthIndex, Number(dayOfMonth));
  const exists = date.getUTCMonth() === monthIndex && date.getUTCDate() === Number(dayOfMonth);
  return exists ? date.setUTCHours(hour, minute, second) : null;
}
