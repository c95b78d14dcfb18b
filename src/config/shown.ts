import { withoutCredentials } from "./origin-address.ts";

/** A value as a message may show it: on one line, whatever is in it, not too long, and without what is secret. */
export function shown(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  const safe = withoutCredentials(text);
  const short = safe.length > 100 ? `${safe.slice(0, 100)}…` : safe;
  return typeof value === "string" ? JSON.stringify(short) : short;
}
