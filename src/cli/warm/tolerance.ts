import { UsageError } from "../../config/usage-error.ts";

/** How many of so many may fail. */
export type Tolerance = (requests: number) => number;

/** "5": so many requests; "2%": so many of a hundred. Throws a `UsageError`. */
export function toleranceIn(text: unknown): Tolerance {
  const [, digits = "", sign] = /^(\d{1,9}(?:\.\d{1,3})?)(%)?$/.exec(String(text)) ?? [];
  const amount = digits === "" ? Number.NaN : Number(digits);
  if (sign === "%" && amount <= 100) return (requests) => (requests * amount) / 100;
  if (sign === undefined && Number.isInteger(amount)) return () => amount;
  throw new UsageError(
    `--tolerate ${JSON.stringify(text)} should be a number such as 5, or a share such as 2%`,
  );
}
