import { Option } from "commander";
import type { Own } from "./command-line.ts";

/** What the URL of `purge` and `list` stands for, where it is not that of one. */
export const globOption = new Option(
  "--glob",
  "the URL is a glob: * stands for anything within a segment, ** also across",
);

/** The URL under the name that GET /entries and POST /purge have for what is named so. */
export function namedByUrl(url: string, { prefix, glob }: Own) {
  if (prefix === true) return { prefix: url };
  if (glob === true) return { glob: url };
  return url.startsWith("/") ? { path: url } : { url };
}
