import { options } from "../config/options.ts";

/** What the operator reads who has put this server before WordPress, which sends its visitors round. */
export function selfRedirectNotice(place: string, status: number): string {
  const what = `the server answers GET ${place} with ${status} to the same URL, which sends visitors round without end`;
  return `${what}; it may want to be asked by the name that they use: try --${options.preserveHost.name}`;
}

/** What the operator reads whose proxy passes requests to purge on: they may be anybody's. */
export function unnamedProxyNotice(address: string): string {
  const what = `a request to purge came from ${address} with fields that a proxy adds, so it may be anybody's, and was refused`;
  return `${what}; where a proxy of yours is there, name it: --${options.trust.name} ${address}`;
}
