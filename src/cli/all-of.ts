import { UsageError } from "../config/usage-error.ts";

/** One check after the other, also after one that finds something wrong: rejects with a `UsageError` of all their lines. */
export async function allOf(checks: readonly (() => void | Promise<void>)[]): Promise<void> {
  const lines: string[] = [];
  for (const check of checks) {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      lines.push(...error.lines);
    }
  }
  if (lines.length > 0) throw new UsageError(...lines);
}
