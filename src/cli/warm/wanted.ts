import { duration } from "../../config/written.ts";
import { UsageError } from "../../config/usage-error.ts";
import { isToken } from "../../rules/list-field.ts";
import type { Own } from "../command-line.ts";
import { type Tolerance, toleranceIn } from "./tolerance.ts";
import { type Variant, variantsOf } from "./variants.ts";

/** How it is to be warmed, as the command line says it. */
export interface Wanted {
  /** Requests a second at most; undefined: as many as there are answers. */
  readonly rate: number | undefined;
  /** Requests at a time at most. */
  readonly concurrency: number;
  readonly variants: readonly Variant[];
  readonly tolerance: Tolerance;
  /** What relative URLs of lists mean. */
  readonly base: string | undefined;
  /** Milliseconds without a byte, after which a request has failed. */
  readonly timeout: number;
}

/** More than that Bun's client does not send at a time. */
const mostAtATime = 256;

/** Throws a `UsageError`. */
export function wantedOf(own: Own): Wanted {
  const { rate, concurrency, acceptEncoding, header, tolerate, base, timeout } = own;
  return {
    rate: rate === undefined ? undefined : rateIn(rate),
    concurrency: concurrencyIn(concurrency),
    variants: variantsOf(
      acceptEncoding === undefined ? undefined : encodingsIn(acceptEncoding),
      Array.isArray(header) ? header.map(String) : [],
    ),
    tolerance: toleranceIn(tolerate),
    base: base === undefined ? undefined : baseIn(base),
    timeout: timeoutIn(timeout),
  };
}

function rateIn(text: unknown): number {
  const rate = Number(text);
  if (/^\d{1,6}(\.\d{1,3})?$/.test(String(text)) && rate > 0) return rate;
  throw new UsageError(`--rate ${JSON.stringify(text)} should be requests a second, such as 20 or 0.5`);
}

function concurrencyIn(text: unknown): number {
  const concurrency = Number(text);
  if (/^\d{1,3}$/.test(String(text)) && concurrency >= 1 && concurrency <= mostAtATime) return concurrency;
  throw new UsageError(`--concurrency ${JSON.stringify(text)} should be a number from 1 to ${mostAtATime}`);
}

/** Codings as Accept-Encoding has them (RFC 9110 §12.5.3), each for a variant of its own. */
function encodingsIn(text: unknown): readonly string[] {
  const codings = String(text)
    .split(",")
    .map((coding) => coding.trim().toLowerCase());
  if (codings.every(isToken)) return codings;
  throw new UsageError(
    `--accept-encoding ${JSON.stringify(text)} should be codings such as gzip,br,identity`,
  );
}

function baseIn(text: unknown): string {
  const base = String(text);
  if (/^https?:\/\//i.test(base) && URL.canParse(base)) return base;
  throw new UsageError(`--base ${JSON.stringify(base)} should be a URL such as https://shop.example/`);
}

function timeoutIn(text: unknown): number {
  const milliseconds = duration.safeParse(text);
  if (milliseconds.success && milliseconds.data >= 100 && milliseconds.data <= 3_600_000)
    return milliseconds.data;
  throw new UsageError(`--timeout ${JSON.stringify(text)} should be a time such as 30s, up to 1h`);
}
