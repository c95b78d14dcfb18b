/** What TLS says when nobody it knows vouches for a certificate. */
const unvouched: ReadonlySet<string> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_UNTRUSTED",
]);

const faults: ReadonlyMap<string, string> = new Map([
  ["ERR_TLS_CERT_ALTNAME_INVALID", "its certificate is for another name than the one in --origin"],
  ["HOSTNAME_MISMATCH", "its certificate is for another name than the one in --origin"],
  ["CERT_HAS_EXPIRED", "its certificate has expired"],
  ["CERT_NOT_YET_VALID", "its certificate is not valid yet"],
  ["CERT_REVOKED", "its certificate was revoked"],
  ["CERT_SIGNATURE_FAILURE", "its certificate was not signed by the one who is said to have"],
  ["CERT_CHAIN_TOO_LONG", "its certificate has too many others between it and its authority"],
  ["INVALID_CA", "its certificate was signed by one that is no authority's"],
  ["INVALID_PURPOSE", "its certificate is for something else than a server"],
]);

/**
 * Why an origin could not show that it is the one that was meant, for the operator, and what to do; null for an error
 * of another kind. `hasOwnAuthority`: --origin-ca is given.
 */
export function distrust(code: string, hasOwnAuthority: boolean): string | null {
  if (!unvouched.has(code)) return faults.get(code) ?? null;
  return hasOwnAuthority
    ? "no authority in --origin-ca vouches for its certificate"
    : "no authority that is known here vouches for its certificate; --origin-ca FILE names others";
}
