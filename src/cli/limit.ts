import { UsageError } from "../config/usage-error.ts";

/** What `--limit` says. */
export function limitIn(text: unknown, most: number): number {
  const limit = Number(text);
  if (/^\d+$/.test(String(text)) && limit >= 1 && limit <= most) return limit;
  throw new UsageError(`--limit ${JSON.stringify(text)} should be a number from 1 to ${most}`);
}
