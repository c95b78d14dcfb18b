import { timingSafeEqual } from "node:crypto";

/** Of something that a client has to show: comparing with it tells nothing of it, nor of its length. */
export type Secret = Uint8Array;

export function secretOf(text: string): Secret {
  return new Bun.CryptoHasher("sha256").update(text).digest();
}

/** Whether a client's Authorization shows it, as a bearer token (RFC 6750 §2.1). */
export function isShown(secret: Secret, authorization: string | null): boolean {
  const [, shown] = /^bearer +(\S+)$/i.exec(authorization ?? "") ?? [];
  return shown !== undefined && timingSafeEqual(secret, secretOf(shown));
}
