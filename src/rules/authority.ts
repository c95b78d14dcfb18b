import { remembered } from "./remembered.ts";

/** The scheme by which clients reach this server. */
export type Scheme = "http" | "https";

/**
 * A Host field as it is keyed, told and sent on (RFC 9110 §4.2.3, §7.2): in lower case, and without a port that the
 * scheme means anyway, so that "Example.org:80" and "example.org" are one site. Null where it is not one host, or its
 * port is none: "a, b", "", ":80", "example.org:", "example.org:00080", "example.org:99999".
 */
export function normalAuthority(host: string, scheme: Scheme): string | null {
  const normal = normalised(host);
  const port = defaultPorts[scheme];
  return normal?.endsWith(port) ? normal.slice(0, -port.length) : normal;
}

const defaultPorts = { http: ":80", https: ":443" } as const;

/** A name, an IPv4 address or a bracketed IPv6 address, and perhaps a port. No escapes: no host has any use for one. */
const form = /^(?:[a-z0-9._~!$&'()*+;=-]+|\[[0-9a-f:.]+\])(?::([1-9]\d{0,4}))?$/;

const normalised = remembered((host): string | null => {
  const lower = host.toLowerCase();
  const matched = form.exec(lower);
  if (matched === null || Number(matched[1] ?? 0) > 65_535) return null;
  // An address in brackets may still be none; and Bun's server resolves no dot segments where it cannot read the host.
  return URL.canParse(`http://${lower}/`) ? lower : null;
});
