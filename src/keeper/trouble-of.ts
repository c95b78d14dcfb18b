import type { Trouble } from "../store/tier.ts";

/** The error as the operator is told of it: what could not be done, and why. `code` is for one that has none. */
export function troubleOf(error: unknown, code: string, what: string): Trouble {
  const own = error instanceof Error && "code" in error ? String(error.code) : code;
  return { code: own, message: `${what}: ${error instanceof Error ? error.message : String(error)}` };
}
