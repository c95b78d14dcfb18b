import type { OnHit } from "../../serve/hit/hit.ts";
import type { OnServed, Served } from "../../serve/answer/outcome.ts";
import { inMicroseconds } from "../../control/amounts.ts";
import type { RecordedRequest } from "../../control/requests.ts";

/** The last requests of this worker. The memory it takes is the same whatever clients ask for. */
export interface RequestRing {
  /** A request that went the long way. */
  readonly served: OnServed;
  /** One that the short cut has answered. It makes nothing: it is on the path of every hit. */
  readonly hit: OnHit;
  /** How many there were in all. */
  readonly count: number;
  /** How many of the last are kept. */
  readonly size: number;
  /** That of the count, which is kept still. What it returns is the same object each time, and tells of that one only. */
  at(count: number): RecordedRequest;
}

export interface RingOptions {
  readonly workerNumber: number;
  readonly size: number;
  /** By how many milliseconds the clock of the requests is ahead of the wall clock. */
  readonly lead: () => number;
}

/** Characters of a target that are kept. */
const longestTarget = 512;
/** Of a host: no name is longer (RFC 1035 §2.3.4). */
const longestHost = 255;
/** Of the address of a client, as a proxy that is trusted tells it. */
const longestClient = 64;

/** What more there is to tell of a request that went the long way. */
type Detail = Pick<
  Served,
  "cache" | "reason" | "forwarded" | "method" | "milliseconds" | "firstByteMilliseconds" | "client"
>;

/** Bun has it, as Node has; the types do not tell. It copies characters and makes nothing. */
type Characters = Buffer & {
  latin1Write(text: string, at: number, most: number): number;
};

/**
 * Arrays that are made once. Targets are copied into bytes: a string that was kept would keep alive all of the URL that it
 * is a part of, which may have 16 KB, and be carried along by the garbage collector.
 */
export function createRequestRing({ workerNumber, size, lead }: RingOptions): RequestRing {
  const instants = new Float64Array(size);
  const statuses = new Uint16Array(size);
  const sizes = new Float64Array(size);
  const targetLengths = new Uint32Array(size);
  const targets = Buffer.alloc(size * longestTarget) as Characters;
  const hosts = new Array<string>(size).fill("");
  const protocols = new Array<Served["protocol"]>(size).fill("http");
  const sites = new Array<string>(size).fill("");
  const details = new Array<Detail | null>(size).fill(null);
  let count = 0;
  let next = 0;

  function keep(
    site: string,
    host: string,
    protocol: Served["protocol"],
    target: string,
    status: number,
    bytes: number,
    at: number,
    detail: Detail | null,
  ): void {
    const slot = next;
    instants[slot] = at;
    statuses[slot] = status;
    sizes[slot] = bytes;
    targetLengths[slot] = target.length;
    targets.latin1Write(target, slot * longestTarget, longestTarget);
    hosts[slot] = host;
    protocols[slot] = protocol;
    sites[slot] = site;
    details[slot] = detail;
    count += 1;
    next = slot + 1 === size ? 0 : slot + 1;
  }

  let shown = 0;
  let slot = 0;
  const request: RecordedRequest = {
    get id() {
      return `${workerNumber}-${shown + 1}`;
    },
    get at() {
      return (instants[slot] ?? 0) - lead();
    },
    get site() {
      return sites[slot] ?? "";
    },
    get cache() {
      return details[slot]?.cache ?? "HIT";
    },
    get reason() {
      return details[slot]?.reason ?? "hit-fresh";
    },
    get forwarded() {
      return details[slot]?.forwarded ?? null;
    },
    get status() {
      return statuses[slot] ?? 0;
    },
    get method() {
      return details[slot]?.method ?? "GET";
    },
    get protocol() {
      return protocols[slot] ?? "http";
    },
    get host() {
      return hosts[slot] ?? "";
    },
    get target() {
      const start = slot * longestTarget;
      const length = Math.min(targetLengths[slot] ?? 0, longestTarget);
      return targets.toString("latin1", start, start + length);
    },
    get isCut() {
      return (targetLengths[slot] ?? 0) > longestTarget;
    },
    get bytes() {
      return sizes[slot] ?? 0;
    },
    get milliseconds() {
      return details[slot]?.milliseconds ?? 0;
    },
    get firstByteMilliseconds() {
      return details[slot]?.firstByteMilliseconds ?? 0;
    },
    get client() {
      return details[slot]?.client ?? null;
    },
  };

  return {
    hit({ name }, { host, protocol }, target, status, bytes, at) {
      const shortHost = host.length > longestHost ? copied(host, longestHost) : host;
      keep(name, shortHost, protocol, target, status, bytes, at, null);
    },
    served(served) {
      const { site = "", host, protocol, target, status, bytes, at } = served;
      keep(site, copied(host, longestHost), protocol, target, status, bytes, at, detailOf(served));
    },
    get count() {
      return count;
    },
    size,
    at(wanted) {
      shown = wanted;
      slot = wanted % size;
      return request;
    },
  };
}

function detailOf({
  cache,
  reason,
  forwarded,
  method,
  milliseconds,
  firstByteMilliseconds,
  client,
}: Served): Detail {
  return {
    ...{ cache, reason, method },
    milliseconds: inMicroseconds(milliseconds),
    firstByteMilliseconds: inMicroseconds(firstByteMilliseconds),
    ...(forwarded === undefined ? {} : { forwarded }),
    client: client === null ? null : copied(client, longestClient),
  };
}

/** The beginning, in memory of its own: a part of a string keeps the whole of it, as a host that of a Forwarded field. */
function copied(text: string, length: number): string {
  return Buffer.from(text.slice(0, length), "latin1").toString("latin1");
}
