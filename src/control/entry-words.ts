import { readableBytes, readableDuration } from "./amounts.ts";
import type { Entry, EntryAnswer, WholeEntry } from "./entries.ts";
import { visible } from "./visible-text.ts";

/** What people are told of a stored response, on a terminal and on the page. */

/** "1.5 MB"; of pieces "0.5 of 2 MB". */
export function sizeOf({ size, held, isPartial }: Pick<Entry, "size" | "held" | "isPartial">): string {
  return isPartial ? `${readableBytes(held)} of ${readableBytes(size)}` : readableBytes(size);
}

/** Its URL, or its path where all hosts share it, and what else tells it from others: "/page @shop accept-language:de". */
export function nameOf({ target, host, scheme, site, marks, variant }: Entry): string {
  const url = host === "" ? target : `${scheme}://${host}${target}`;
  const ofSite = site === "" ? [] : [`@${site}`];
  return visible([url, ...ofSite, ...marks, ...variant.split("\n")].join(" ").trimEnd());
}

/** Whose requests it may answer. */
export const servedTo = {
  everyone: "everyone",
  unidentified: "all but who shows a key of an API, as X-Api-Key",
  anonymous: "who shows no password, no key of an API and no cookie that counts",
} as const;

/** Where its body lies. */
export const whereabouts = { index: "the index", file: "a file", pieces: "pieces in a file" } as const;

/** "1 h by max-age, 20 min left" */
export function lifetimeOf({ lifetime, lifetimeSource, left, isStale }: WholeEntry): string {
  const rest = isStale ? `stale for ${timeOf(-left)}` : `${timeOf(left)} left`;
  return `${timeOf(lifetime)} by ${lifetimeSource}, ${rest}`;
}

/** What the response, or a rule, demands or permits beyond its lifetime. */
export function demandsOf(entry: WholeEntry): string[] {
  return [
    entry.revalidateAlways ? "the origin is asked each time (no-cache)" : "",
    entry.revalidateWhenStale ? "it is not used stale (must-revalidate or its like)" : "",
    entry.immutable ? "a reload does not ask the origin (immutable)" : "",
    entry.staleWhileRevalidate > 0
      ? `it is used stale for ${timeOf(entry.staleWhileRevalidate)} while it is refreshed`
      : "",
    entry.staleIfError > 0 ? `it is used stale for ${timeOf(entry.staleIfError)} where the origin fails` : "",
  ].filter((demand) => demand !== "");
}

/** What the origin can be asked by whether it is right still. */
export function validatorsOf({ entityTag, lastModifiedAt }: WholeEntry): string {
  const modified = lastModifiedAt === null ? "" : `last modified ${new Date(lastModifiedAt).toUTCString()}`;
  return [entityTag ?? "", modified].filter((each) => each !== "").join(", ") || "none";
}

/** Whose memory holds it as well: "of worker 1, 2". */
export function memoryOf({ inMemoryOf }: EntryAnswer): string {
  return inMemoryOf.length === 0 ? "of no worker" : `of worker ${inMemoryOf.join(", ")}`;
}

/** What it takes of the disk, and what it is called there. */
export function diskOf({ footprint, id, checksum }: WholeEntry): string {
  return `${readableBytes(footprint)}, id ${id}, checksum ${checksum}`;
}

function timeOf(seconds: number): string {
  return readableDuration(seconds * 1000);
}
