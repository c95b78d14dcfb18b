import { type DebugKey, debugField, isDebugToken } from "../control/debug-token.ts";

/**
 * Says whether a request shows a token that is good now, and takes the field away: behind this nothing reads, keys, logs
 * or passes on what was in it, so that a token that is not good changes nothing.
 */
export function createDebugTokens(key: DebugKey | null, date: () => number): (fields: Headers) => boolean {
  return (fields) => {
    const shown = fields.get(debugField);
    if (shown === null) return false;
    fields.delete(debugField);
    return key !== null && isDebugToken(shown, key, date());
  };
}
