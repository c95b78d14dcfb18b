import type { Serving } from "../../control/serving.ts";
import { siteFinder } from "../../sites/table.ts";
import { type Door, doorFor } from "./doors.ts";

/** A page that is to be asked for. */
export interface Page {
  readonly url: URL;
  readonly door: Door;
}

/** What was named and is not asked for. */
export interface LeftOut {
  /** Of hosts for which no site answers. */
  readonly foreign: { count: number; readonly hosts: Set<string> };
  /** No URL of http or https, or longer than one may be. */
  readonly unreadable: { count: number; readonly examples: string[] };
  /** Of a scheme that visitors may use, and this command may not: see `doorFor`. */
  readonly unreachable: Record<"http" | "https", number>;
  /** Named before. */
  repeated: number;
}

export interface Choice {
  /** The page, where it is to be asked for. */
  choose(text: string): Page | undefined;
  /** How anything there is reached, as often as one likes; or why it is not. */
  reach(text: string): Page | Obstacle;
  readonly leftOut: LeftOut;
}

/** Why something is not asked for: as in `LeftOut`. */
export type Obstacle = "unreadable" | "foreign" | "unreachable";

/** Beyond these they are counted only. */
const mostExamples = 5;
/** No server here takes a longer one. */
const longestUrl = 8192;

/** Chooses what this proxy can be asked for, each URL once. */
export function createChoice(serving: Serving): Choice {
  const doors = { http: doorFor("http", serving), https: doorFor("https", serving) };
  const siteFor = siteFinder(serving.sites.map((plan) => ({ plan })));
  // A hash of each: URLs of a million pages would fill the memory, and of so many no two are likely to have one hash.
  const known = new Set<number | bigint>();
  const leftOut: LeftOut = {
    foreign: { count: 0, hosts: new Set() },
    unreadable: { count: 0, examples: [] },
    unreachable: { http: 0, https: 0 },
    repeated: 0,
  };

  function leaveOutUnreadable(text: string): undefined {
    leftOut.unreadable.count += 1;
    if (leftOut.unreadable.examples.length < mostExamples)
      leftOut.unreadable.examples.push(text.slice(0, 200));
  }

  function leaveOutForeign(host: string): undefined {
    leftOut.foreign.count += 1;
    if (leftOut.foreign.hosts.size < mostExamples) leftOut.foreign.hosts.add(host);
  }

  function reach(text: string): Page | Obstacle {
    const url = urlIn(text);
    if (url === undefined) return "unreadable";
    if (siteFor(url.host) === null) return "foreign";
    const door = doors[schemeOf(url)];
    return door === undefined ? "unreachable" : { url, door };
  }

  function choose(text: string): Page | undefined {
    const page = reach(text);
    if (page === "unreadable") return leaveOutUnreadable(text);
    if (page === "foreign") return leaveOutForeign(new URL(text).host);
    if (page === "unreachable") {
      leftOut.unreachable[schemeOf(new URL(text))] += 1;
      return undefined;
    }
    const hash = Bun.hash(page.url.href);
    if (known.has(hash)) {
      leftOut.repeated += 1;
      return undefined;
    }
    known.add(hash);
    return page;
  }

  return { choose, reach, leftOut };
}

function schemeOf({ protocol }: URL): "http" | "https" {
  return protocol === "https:" ? "https" : "http";
}

/** Without its fragment, and without a name and password, which no visitor sends so. */
function urlIn(text: string): URL | undefined {
  if (text.length > longestUrl || !/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  url.hash = "";
  url.username = "";
  url.password = "";
  return url;
}
