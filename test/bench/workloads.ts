import type { Load } from "./load.ts";
import { randomFrom } from "./random.ts";
import type { FloorAnswer } from "./servers.ts";

/** One kind of traffic, and what every server must make of it to be measured. */
export interface Workload {
  readonly name: string;
  readonly load: Load;
  readonly floor: FloorAnswer;
  /** Whether the origin hears of each request under load, or of none. */
  readonly origin: "none" | "each";
  /** Whether what was asked for once is in the cache. */
  readonly stored: boolean;
  readonly status: number;
  /** Bytes of the body of every answer. */
  readonly size: number;
}

const [kilobyte, megabyte] = [1024, 1024 * 1024];
const plain = { fields: {}, connections: 64, client: "wrk", http2: false } as const;

/** Few enough connections that buffers of large bodies do not fill the machine. */
function connectionsFor(size: number): number {
  if (size >= 10 * megabyte) return 8;
  return size >= 128 * kilobyte ? 16 : 64;
}

function hit(name: string, size: number, more: Partial<Load> = {}): Workload {
  const targets = { kind: "one", path: `/o/${size}/hit` } as const;
  const load: Load = { ...plain, targets, connections: connectionsFor(size), ...more };
  return { name, load, floor: "whole", origin: "none", stored: true, status: 200, size };
}

export const workloads: readonly Workload[] = [
  hit("hit 1 KB", kilobyte),
  hit("hit 16 KB", 16 * kilobyte),
  hit("hit 128 KB", 128 * kilobyte),
  hit("hit 1 MB", megabyte),
  hit("10 MB from disk", 10 * megabyte),
  hit("zipf, 10,000 of 2 KB", 2 * kilobyte, { targets: { kind: "list", paths: zipfPaths() } }),
  {
    ...hit("304 to If-None-Match", kilobyte, {
      client: "h2load",
      fields: { "If-None-Match": '"33a64df551425fcc55e4d42a148795d9f25f89d4"' },
    }),
    floor: "not-modified",
    status: 304,
    size: 0,
  },
  {
    ...hit("64 KB range of 10 MB", 10 * megabyte, { fields: { Range: "bytes=0-65535" }, connections: 16 }),
    floor: "range",
    status: 206,
    size: 64 * kilobyte,
  },
  hit("hit under Vary", kilobyte, {
    targets: { kind: "one", path: `/vary/${kilobyte}/hit` },
    fields: { "Accept-Encoding": "gzip, deflate, br" },
  }),
  hit("HTTP/2 over TLS, hit 1 KB", kilobyte, { client: "h2load", http2: true, connections: 16 }),
  {
    ...hit("miss and store 1 KB", kilobyte, { targets: { kind: "unique", prefix: `/o/${kilobyte}/` } }),
    origin: "each",
  },
  {
    ...hit("pass 1 KB", kilobyte, { targets: { kind: "one", path: `/pass/${kilobyte}` } }),
    origin: "each",
    stored: false,
  },
];

/** Each path once that the workload asks for; of paths nobody asked for before, one. */
export function pathsOf({ load: { targets } }: Workload): string[] {
  switch (targets.kind) {
    case "one":
      return [targets.path];
    case "list":
      return [...new Set(targets.paths)];
    case "unique":
    case "numbered":
      return [`${targets.prefix}first`];
  }
}

/** 50,000 requests for 10,000 objects, the one of rank r as often as 1/r^0.9 says; the same in each run. */
function zipfPaths(): string[] {
  const [objects, requests] = [10_000, 50_000];
  const cumulative: number[] = [];
  for (let rank = 1; rank <= objects; rank++) cumulative.push((cumulative.at(-1) ?? 0) + rank ** -0.9);
  const total = cumulative.at(-1) ?? 0;
  const random = randomFrom(7);
  return Array.from({ length: requests }, () => {
    const wanted = random() * total;
    return `/o/${2 * kilobyte}/zipf-${firstAtLeast(cumulative, wanted)}`;
  });
}

function firstAtLeast(sorted: readonly number[], wanted: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
