import { options } from "../config/options.ts";

/** What the operator reads who has put this server before WordPress, which sends its visitors round. */
export function selfRedirectNotice(place: string, status: number): string {
  const what = `the server answers GET ${place} with ${status} to the same URL, which sends visitors round without end`;
  return `${what}; it may want to be asked by the name that they use: try --${options.preserveHost.name}`;
}
