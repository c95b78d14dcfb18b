import type { SiteTotals } from "../../control/cacheability.ts";
import type { MeasuresWriter } from "../../control/measures.ts";
import { type CacheWord, isHit, type Served } from "../../serve/answer/outcome.ts";
import { createHistogram, type Histogram } from "../../control/histogram.ts";

/** What is measured of requests and their answers, site by site. */
export interface Traffic {
  /** The short cut has answered. Makes nothing but for the first of a site. */
  hit(site: string, status: number, bytes: number): void;
  /** The hit that was told of last took so long. */
  hitTook(seconds: number): void;
  /** The long way has answered. */
  served(served: Pick<Served, "site" | "cache" | "reason" | "forwarded" | "status" | "bytes">): void;
  tell(writer: MeasuresWriter): void;
  /**
   * Over all sites: `requests`, `bytesSent`, `cache.HIT`, `bytes.HIT`, `reason.hit-fresh`, `forwarded.vary-miss` (why the
   * origin was asked), and `requestsSpared` and `bytesSpared` (what did not need it).
   */
  sums(): Record<string, number>;
  /** Of each site how many there were since the start, and how many of them were hits; a new list each time. */
  totals(): SiteTotals[];
}

/** Words for answers whose bodies the origin has not sent for them. */
const savingWords: ReadonlySet<CacheWord> = new Set(["HIT", "STALE", "REVALIDATED", "COLLAPSED"]);

/** Behind the classes of status: in one array with them. */
const placeOfBytes = 6;

interface OfSite {
  readonly site: string;
  /** Hits by the short cut, by the class of their status, and then their bytes. */
  readonly hits: Float64Array;
  readonly hitDuration: Histogram;
  /** By the long way. */
  longHits: number;
  longHitBytes: number;
  /** Bytes that the origin has not sent: beside those of hits, those of what it has confirmed. */
  savedBytes: number;
  /** By word, reason and class. */
  readonly requests: Map<string, Counted>;
  readonly bytes: Map<CacheWord, number>;
  readonly forwarded: Map<string, number>;
}

interface Counted {
  readonly labels: { readonly cache: string; readonly reason: string; readonly status: string };
  count: number;
}

export function createTraffic(): Traffic {
  const sites = new Map<string, OfSite>();
  let last = createSite("");

  function at(site: string): OfSite {
    if (last.site === site) return last;
    last = sites.get(site) ?? createSite(site);
    sites.set(site, last);
    return last;
  }

  sites.set("", last);
  return {
    hit(site, status, bytes) {
      const its = at(site);
      const place = (status / 100) | 0;
      its.hits[place] = (its.hits[place] ?? 0) + 1;
      its.hits[placeOfBytes] = (its.hits[placeOfBytes] ?? 0) + bytes;
    },
    hitTook: (seconds) => last.hitDuration.note(seconds),
    served(served) {
      const its = at(served.site ?? "");
      countRequest(its.requests, served);
      add(its.bytes, served.cache, served.bytes);
      if (served.forwarded !== undefined) add(its.forwarded, served.forwarded, 1);
      if (isSaved(served)) its.savedBytes += served.bytes;
      if (!isHit(served)) return;
      its.longHits += 1;
      its.longHitBytes += served.bytes;
    },
    tell(writer) {
      for (const its of sites.values()) tellOf(its, writer);
    },
    sums() {
      const sums = new Map([
        ["requests", 0],
        ["bytesSent", 0],
      ]);
      for (const its of sites.values()) addTo(sums, its);
      return Object.fromEntries(sums);
    },
    totals: () => [...sites.values()].map(totalsOf),
  };
}

function createSite(site: string): OfSite {
  return {
    site,
    hits: new Float64Array(placeOfBytes + 1),
    hitDuration: createHistogram("hit_duration_seconds"),
    longHits: 0,
    longHitBytes: 0,
    savedBytes: 0,
    requests: new Map(),
    bytes: new Map(),
    forwarded: new Map(),
  };
}

function countRequest(
  requests: Map<string, Counted>,
  { cache, reason, status }: Pick<Served, "cache" | "reason" | "status">,
): void {
  const statusClass = classOf(Math.floor(status / 100));
  const name = `${cache} ${reason} ${statusClass}`;
  const known = requests.get(name);
  if (known === undefined) requests.set(name, { labels: { cache, reason, status: statusClass }, count: 1 });
  else known.count += 1;
}

/** What was put together of pieces is, where the origin had not to be asked for one. */
function isSaved({ cache, forwarded }: Pick<Served, "cache" | "forwarded">): boolean {
  return savingWords.has(cache) || (cache === "PARTIAL" && forwarded === undefined);
}

function tellOf(its: OfSite, { counter, histogram }: MeasuresWriter): void {
  const { site } = its;
  const hitBytes = its.hits[placeOfBytes] ?? 0;
  its.hits.subarray(0, placeOfBytes).forEach((count, place) => {
    const labels = { site, cache: "HIT", reason: "hit-fresh", status: classOf(place) };
    if (count > 0) counter("requests_total", labels, count);
  });
  for (const { labels, count } of its.requests.values())
    counter("requests_total", { site, ...labels }, count);
  counter("sent_bytes_total", { site, cache: "HIT" }, hitBytes);
  for (const [cache, bytes] of its.bytes) counter("sent_bytes_total", { site, cache }, bytes);
  counter("saved_bytes_total", { site }, hitBytes + its.savedBytes);
  for (const [reason, count] of its.forwarded) counter("forwarded_requests_total", { site, reason }, count);
  histogram("hit_duration_seconds", { site }, its.hitDuration.buckets);
}

function addTo(sums: Map<string, number>, its: OfSite): void {
  const { hits, requests, bytes, forwarded } = its;
  const hitCount = quickHitsOf(hits);
  const ofHits = { labels: { cache: "HIT", reason: "hit-fresh" }, count: hitCount };
  for (const { labels, count } of hitCount > 0 ? [ofHits, ...requests.values()] : requests.values()) {
    add(sums, "requests", count);
    add(sums, `cache.${labels.cache}`, count);
    add(sums, `reason.${labels.reason}`, count);
  }
  const hitBytes: [string, number][] = hitCount > 0 ? [["HIT", hits[placeOfBytes] ?? 0]] : [];
  for (const [cache, count] of [...hitBytes, ...bytes]) {
    add(sums, "bytesSent", count);
    add(sums, `bytes.${cache}`, count);
  }
  for (const [reason, count] of forwarded) add(sums, `forwarded.${reason}`, count);
  const [spared, saved] = [hitCount + its.longHits, (hits[placeOfBytes] ?? 0) + its.savedBytes];
  if (spared > 0) add(sums, "requestsSpared", spared);
  if (saved > 0) add(sums, "bytesSpared", saved);
}

/** What is no hit is in a cause, or was answered without what is stored: nothing is counted twice. */
function totalsOf(its: OfSite): SiteTotals {
  const { site, hits, bytes, requests, longHits, longHitBytes } = its;
  const quickHits = quickHitsOf(hits);
  const quickBytes = hits[placeOfBytes] ?? 0;
  return {
    site,
    requests: [...requests.values()].reduce((sum, { count }) => sum + count, quickHits),
    bytes: [...bytes.values()].reduce((sum, count) => sum + count, quickBytes),
    hits: quickHits + longHits,
    hitBytes: quickBytes + longHitBytes,
  };
}

function quickHitsOf(hits: OfSite["hits"]): number {
  return hits.subarray(0, placeOfBytes).reduce((sum, count) => sum + count, 0);
}

function classOf(hundreds: number): string {
  return `${hundreds}xx`;
}

function add<Name>(amounts: Map<Name, number>, name: Name, amount: number): void {
  amounts.set(name, (amounts.get(name) ?? 0) + amount);
}
