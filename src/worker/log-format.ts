import { createColors } from "picocolors";
import { inMicroseconds, readableBytes, readableMilliseconds } from "../control/amounts.ts";
import { colourOfOutcome } from "../control/outcome-colour.ts";
import { visible, visibleJson } from "../control/visible-text.ts";

/** One request, as the log tells it. */
export interface LogRecord {
  /** When the request came: milliseconds since the epoch. */
  readonly at: number;
  /** The site's name; absent for the one that is made of the flags, and where no site answers. */
  readonly site?: string;
  /** What the cache did with it: HIT, MISS, STALE, REVALIDATED, PASS, ERROR, … */
  readonly cache: string;
  readonly status: number;
  readonly method: string;
  /** The request target as the client sent it. */
  readonly target: string;
  /** Bytes of the answer's body. */
  readonly bytes: number;
  readonly milliseconds: number;
  /** Why the cache did what it did. */
  readonly reason: string;
  /** Why the origin was asked, if it was. */
  readonly forwarded?: string;
  /** Until the first byte was handed over. */
  readonly firstByteMilliseconds: number;
  /** The client's address. */
  readonly client?: string;
  /** "http" or "https": Bun's server does not tell which version of HTTP the client spoke. */
  readonly protocol: string;
  readonly host?: string;
  readonly userAgent?: string;
  readonly referer?: string;
}

type Paint = (text: string) => string;
type Palette = ReturnType<typeof createColors>;
const PLAIN = createColors(false);
const COLOURED = createColors(true);

const LONGEST_OUTCOME = "REVALIDATED".length;

/**
 * One readable line without its line feed: `12:30:05.123 MISS        200 GET     /a.css  1.2 kB  8.3 ms`. The time is UTC.
 * Whatever a client can put into a target, it stays on this line and does not move the reader's cursor.
 */
export function formatPretty(record: LogRecord, colours: boolean): string {
  const palette = colours ? COLOURED : PLAIN;
  const columns = [
    palette.dim(new Date(record.at).toISOString().slice(11, 23)),
    palette[colourOfOutcome(record.cache)](visible(record.cache).padEnd(LONGEST_OUTCOME)),
    statusPaint(record.status, palette)(String(record.status)),
    visible(record.method).padEnd(7),
    readableBytes(record.bytes).padStart(8),
    readableMilliseconds(record.milliseconds).padStart(8),
    ...(record.site === undefined ? [] : [palette.dim(visible(record.site))]),
    visible(record.target),
    palette.dim(visible(record.reason)),
  ];
  return columns.join(" ").trimEnd();
}

/** One JSON object without its line feed. */
export function formatJson(record: LogRecord): string {
  const { at, ...rest } = record;
  const milliseconds = inMicroseconds(record.milliseconds);
  const firstByteMilliseconds = inMicroseconds(record.firstByteMilliseconds);
  const time = new Date(at).toISOString();
  return visibleJson({ time, level: "info", ...rest, milliseconds, firstByteMilliseconds });
}

function statusPaint(status: number, palette: Palette): Paint {
  if (status >= 500) return palette.red;
  if (status >= 400) return palette.yellow;
  return palette.reset;
}
