/** The host without its port; an IPv6 address with its brackets. */
export function hostName(host: string): string {
  const colon = host.lastIndexOf(":");
  return colon === -1 || colon < host.lastIndexOf("]") ? host : host.slice(0, colon);
}
