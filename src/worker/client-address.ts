/**
 * The address of a client as it is told to the origin and to the log. A socket that listens on `::` has IPv4 clients,
 * too, and gives their addresses as "::ffff:192.0.2.7" (RFC 4291 §2.5.5.2), which no list of addresses would hold.
 */
export function clientAddress(peer: { readonly address: string } | null): string | null {
  if (peer === null) return null;
  return mapped.test(peer.address) ? peer.address.slice("::ffff:".length) : peer.address;
}

const mapped = /^::ffff:\d{1,3}(?:\.\d{1,3}){3}$/i;
