import type { Entry } from "../../control/entries.ts";
import type { PurgeRequest } from "../../control/purge.ts";

/** What is about to be purged, and what people are asked before it is. */
export interface Removal {
  /** As POST /purge takes it, but for whether it is soft. */
  readonly request: PurgeRequest;
  /** "/a of the site shop" */
  readonly what: string;
  /** What has to be typed first, so that nobody does by mistake what many pages suffer from; null: nothing. */
  readonly typed: string | null;
}

/** What can be named beside a list: the words of the form. */
export const removalKinds = ["url", "prefix", "tag", "site", "all"] as const;
export type RemovalKind = (typeof removalKinds)[number];

/** All variants that are stored of an entry's URL: they are copies of one page, and are purged together. */
export function removalOfEntry({
  target,
  host,
  scheme,
  site,
}: Pick<Entry, "target" | "host" | "scheme" | "site">): Removal {
  const ofSite = site === "" ? {} : { site };
  if (host === "") {
    const behind = site === "" ? "" : ` of the site ${site}`;
    return { request: { path: target, ...ofSite }, what: `${target}${behind}`, typed: null };
  }
  const url = `${scheme}://${host}${target}`;
  return { request: { url, ...ofSite }, what: url, typed: null };
}

/** Of the form; null while something is missing. `text` counts for nothing where it is all, `site` where it is "". */
export function removalOfForm(kind: RemovalKind, text: string, site: string): Removal | null {
  const said = text.trim();
  const ofSite = site === "" || kind === "site" ? {} : { site };
  const behind = site === "" || kind === "site" ? "" : ` of the site ${site}`;
  if (kind === "all") {
    const request = site === "" ? { all: true as const } : { site };
    return { request, what: `all that is stored${behind}`, typed: "purge all" };
  }
  if (said === "") return null;
  const typed = "purge";
  switch (kind) {
    case "url":
      return {
        request: said.startsWith("/") ? { path: said, ...ofSite } : { url: said, ...ofSite },
        ...{ what: `${said}${behind}`, typed },
      };
    case "prefix":
      return { request: { prefix: said, ...ofSite }, what: `all that begins with ${said}${behind}`, typed };
    case "tag":
      return { request: { tag: said, ...ofSite }, what: `all that bears the tag ${said}${behind}`, typed };
    case "site":
      return { request: { site: said }, what: `all of the site ${said}`, typed };
  }
}
