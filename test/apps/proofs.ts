import type { PastPurge } from "../../src/control/purge.ts";
import type { Claims } from "./claims.ts";
import { brief, type Page, Visitor } from "./visitor.ts";
import type { WebServer } from "./web-server.ts";

/** One application behind the proxy. */
export interface Scene {
  readonly claims: Claims;
  readonly origin: WebServer;
  /** Of the proxy. */
  readonly url: string;
  /** As an operator removes a page. */
  purge(target: string): Promise<void>;
  /** What was purged so far, and by whom, the newest first. */
  purges(): Promise<readonly PastPurge[]>;
}

/** Cookies that scripts of analytics and banners set: the same for all, or other ones for each visitor. */
export function trackedCookies(number: number): Record<string, string> {
  return {
    _ga: `GA1.1.${number}.1700000000`,
    _fbp: `fb.0.1700000000.${number}`,
    CookieConsent: "yes",
    _gid: `${number}`,
  };
}

/** So many connections that the kernel gives some to each of the two workers. */
const crowd = 40;

/** The first asks the origin, all others do not, whichever worker they meet. */
export async function proveShared(
  { claims, origin, url }: Scene,
  target: string,
  what: string,
): Promise<Page> {
  const before = origin.asked(`GET ${target} `);
  const first = await new Visitor(url).get(target);
  const words: string[] = [];
  for (let number = 0; number < crowd; number++) words.push((await new Visitor(url).get(target)).word);
  const asked = origin.asked(`GET ${target} `) - before;
  const isShared = words.every((word) => word === "HIT") && asked <= 1;
  claims.claim(
    `${what} is made once for all`,
    isShared && first.status === 200,
    `${brief(first)}, then ${tally(words)} on ${crowd} new connections to two workers; the origin was asked ${asked}×`,
  );
  return first;
}

/** Neither cookies of analytics nor parameters of campaigns make another copy, or reach the origin. */
export async function proveUnsplit({ claims, origin, url }: Scene, target: string): Promise<void> {
  await new Visitor(url).get(target);
  const before = origin.asked("GET ");
  const words: string[] = [];
  const told: string[] = [];
  for (let number = 0; number < 200; number++) {
    const campaign = `utm_source=letter${number}&fbclid=click${number}`;
    const separator = target.includes("?") ? "&" : "?";
    const page = await new Visitor(url, trackedCookies(number)).get(`${target}${separator}${campaign}`);
    words.push(page.word);
    if (page.text.includes(`letter${number}`)) told.push(campaign);
  }
  const asked = origin.asked("GET ") - before;
  claims.claim(
    `200 visitors with cookies of analytics and parameters of campaigns share ${target}`,
    words.every((word) => word === "HIT") && asked === 0,
    `${tally(words)}; the origin was asked ${asked}×`,
  );
  claims.claim(
    "no page tells what its key leaves out",
    told.length === 0,
    `${told.length} of 200 pages repeat a campaign`,
  );
  const after = await new Visitor(url).get(target);
  claims.claim(`they push nothing out: ${target} is still there`, after.word === "HIT", brief(after));
}

/** What the cache has had for anonymous readers is new for all of them once `edit` is done, without anybody's doing. */
export async function provePurged(
  { claims, url, purges }: Scene,
  { target, text, what, edit }: PurgingEdit,
): Promise<void> {
  await new Visitor(url).get(target);
  const before = await new Visitor(url).get(target);
  const earlier = (await purges()).length;
  await edit();
  const known = await purges();
  const pages: Page[] = [];
  for (let number = 0; number < crowd; number++) pages.push(await new Visitor(url).get(target));
  const purged = known.slice(0, known.length - earlier);
  const found = purged.filter((each) => each.purged > 0).map(({ lookedFor }) => lookedFor);
  const askers = new Set(purged.map(({ asker }) => asker.by));
  const renewed = pages.filter((page) => page.text.includes(text)).length;
  claims.claim(
    what,
    before.word === "HIT" &&
      !before.text.includes(text) &&
      renewed === crowd &&
      found.some((each) => each.startsWith(`${target} `)),
    `before: ${brief(before)}; after: ${tally(pages.map(({ word }) => word))}, ${renewed} of ${crowd} new; ${[...askers].join(", ") || "nobody"} purged ${found.join(", ") || "nothing"} in ${purged.length} requests`,
  );
}

interface PurgingEdit {
  readonly target: string;
  /** That is on the page afterwards. */
  readonly text: string;
  readonly what: string;
  edit(): Promise<unknown>;
}

/** What is one person's, or does something, is asked of the origin each time. */
export async function proveNeverStored({ claims, url }: Scene, targets: readonly string[]): Promise<void> {
  const seen: string[] = [];
  let isSo = true;
  for (const target of targets) {
    const words = [await new Visitor(url).get(target), await new Visitor(url).get(target)].map(
      ({ word }) => word,
    );
    seen.push(`${target} ${words.join(" ")}`);
    isSo &&= words.every((word) => word === "PASS" || word === "MISS");
  }
  claims.claim(
    "what is one person's, or of this moment, is never served from the cache",
    isSo,
    seen.join("; "),
  );
}

function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${count}× ${word}`).join(", ");
}
