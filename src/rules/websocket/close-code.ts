/** A connection that ended without a Close frame (RFC 6455 §7.1.5): never sent. */
export const abnormal = 1006;
/** A Close frame without a code: never sent. */
export const uncoded = 1005;
/** Who says it goes away, and is to be asked anew. */
export const goingAway = 1001;

/** Why a peer's frames are refused. */
export type Breach = typeof protocolError | typeof notUtf8 | typeof tooBig;

export const protocolError = 1002;
export const notUtf8 = 1007;
export const tooBig = 1009;

/** Whether a Close frame may bear the code (RFC 6455 §7.4). */
export function isSendable(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== uncoded && code !== abnormal;
}
