import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";

/** The request field in which a client shows a debug token. */
export const debugField = "x-cache-debug";

/** Makes and proves tokens: whoever has it may see into the cache. One for each cache folder. */
export type DebugKey = z.infer<typeof debugKeySchema>;
export const debugKeySchema = z.string().regex(/^[0-9a-f]{64}$/);

/** So many seconds a token is good for at the most. */
export const longestDebugSeconds = 7 * 86_400;

export const debugOrderSchema = z.strictObject({
  /** How long it is to be good for. */
  seconds: z.int().min(1).max(longestDebugSeconds),
});

export const debugAnswerSchema = z.strictObject({
  token: z.string(),
  /** When it ends, in seconds since 1970. */
  expiresAt: z.int(),
});

/** What is signed is said, so that nothing else that is signed with the key could be shown instead. */
const purpose = "cacheproxy debug token";

/** "1.1764310000.…": its form, when it ends, and the seal on both. */
const form = /^(1\.(\d{10,12}))\.([A-Za-z0-9_-]{43})$/;
const longestToken = 64;

/** A token that is good until then, in seconds since 1970. */
export function debugTokenOf(key: DebugKey, expiresAt: number): string {
  const said = `1.${expiresAt}`;
  return `${said}.${sealOn(said, key)}`;
}

/** Whether a token is one of this key and has not ended; `date` is in milliseconds since 1970. */
export function isDebugToken(shown: string, key: DebugKey, date: number): boolean {
  if (shown.length > longestToken) return false;
  const [, said, expiresAt, seal] = form.exec(shown) ?? [];
  if (said === undefined || seal === undefined || Number(expiresAt) * 1000 <= date) return false;
  // Texts of one length: of several ways to write the same bytes, one is right.
  return timingSafeEqual(Buffer.from(seal), Buffer.from(sealOn(said, key)));
}

function sealOn(said: string, key: DebugKey): string {
  return createHmac("sha256", Buffer.from(key, "hex")).update(`${purpose}\n${said}`).digest("base64url");
}
