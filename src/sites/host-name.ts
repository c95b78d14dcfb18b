/** The host without its port, and without the dot that ends a full name; an IPv6 address with its brackets. */
export function hostName(host: string): string {
  const colon = host.lastIndexOf(":");
  const name = colon === -1 || colon < host.lastIndexOf("]") ? host : host.slice(0, colon);
  return name.endsWith(".") ? name.slice(0, -1) : name;
}
