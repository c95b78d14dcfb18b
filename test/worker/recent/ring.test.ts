import { expect, test } from "bun:test";
import type { Site } from "../../../src/sites/site.ts";
import type { Served } from "../../../src/serve/answer/outcome.ts";
import { createRequestRing, type RequestRing } from "../../../src/worker/recent/ring.ts";

const served: Served = {
  at: 5_000,
  site: "shop",
  cache: "MISS",
  reason: "stored-explicit",
  forwarded: "miss",
  status: 200,
  method: "GET",
  host: "shop.test",
  target: "/cart?a=1",
  bytes: 12,
  milliseconds: 8.012499999999818,
  firstByteMilliseconds: 3.0000000000582,
  client: "192.0.2.7",
  protocol: "https",
  received: new Headers({ Cookie: "session=secret" }),
};

const site = { name: "shop" } as Site;
const asked = { host: "shop.test", protocol: "http" } as const;

function openRing(size = 3, lead = 0) {
  return createRequestRing({ workerNumber: 2, size, lead: () => lead });
}

test("a request of the long way is told with all that is known of it, by the wall clock, and none of its fields", () => {
  const ring = openRing(3, 1_000);
  ring.served(served);
  expect({ ...ring.at(0) }).toEqual({
    ...{
      id: "2-1",
      at: 4_000,
      site: "shop",
      cache: "MISS",
      reason: "stored-explicit",
      forwarded: "miss",
    },
    ...{
      status: 200,
      method: "GET",
      protocol: "https",
      host: "shop.test",
      target: "/cart?a=1",
      isCut: false,
    },
    ...{ bytes: 12, milliseconds: 8.012, firstByteMilliseconds: 3, client: "192.0.2.7" },
  });
});

test("a hit of the short cut is told as one, also where another request had its place", () => {
  const ring = openRing(1);
  ring.served(served);
  ring.hit(site, asked, "/a.css", 304, 0, 9_000);
  expect({ ...ring.at(1) }).toEqual({
    ...{ id: "2-2", at: 9_000, site: "shop", cache: "HIT", reason: "hit-fresh", forwarded: null },
    ...{ status: 304, method: "GET", protocol: "http", host: "shop.test", target: "/a.css", isCut: false },
    ...{ bytes: 0, milliseconds: 0, firstByteMilliseconds: 0, client: null },
  });
});

test("the last are kept, and a shorter target has nothing of the one whose place it took", () => {
  const ring = openRing(2);
  for (const target of ["/first-and-long", "/second", "/3"]) ring.hit(site, asked, target, 200, 1, 0);
  expect([ring.count, ring.at(1).target, ring.at(2).target]).toEqual([3, "/second", "/3"]);
});

test("a target beyond 512 characters is told as cut, one of 512 is not", () => {
  const ring = openRing();
  ring.hit(site, asked, `/${"x".repeat(511)}`, 200, 1, 0);
  ring.hit(site, asked, `/${"x".repeat(16_000)}`, 200, 1, 0);
  expect([0, 1].map((count) => [ring.at(count).target.length, ring.at(count).isCut])).toEqual([
    [512, false],
    [512, true],
  ]);
});

test("hosts and addresses of clients that no name or address can be are cut", () => {
  const ring = openRing();
  ring.served({ ...served, host: "h".repeat(9_000), client: "c".repeat(9_000) });
  expect([ring.at(0).host.length, ring.at(0).client?.length]).toEqual([255, 64]);
});

test.each<[string, (ring: RequestRing, prefix: string, field: string) => void]>([
  [
    "targets by the short cut",
    (ring, prefix, url) => ring.hit(site, asked, url.slice(prefix.length), 200, 1, 0),
  ],
  [
    "hosts by the long way",
    (ring, prefix, forwarded) => ring.served({ ...served, host: forwarded.slice(0, prefix.length) }),
  ],
  [
    "addresses by the long way",
    (ring, prefix, forwarded) => ring.served({ ...served, client: forwarded.slice(0, prefix.length) }),
  ],
])("the memory of a ring is the same whatever clients send: %s", (_, tell) => {
  const size = 1_000;
  const ring = openRing(size);
  const prefix = "http://shop.test";
  const grown = (length: number) => {
    Bun.gc(true);
    const before = process.memoryUsage().heapUsed;
    for (let request = 0; request < size; request++) {
      // A part of a string that is otherwise gone, as a target is of its URL and a host may be of a field.
      const whole = Buffer.from(`${prefix}/${request}${"x".repeat(length)}`).toString("latin1");
      tell(ring, prefix, whole);
    }
    Bun.gc(true);
    return process.memoryUsage().heapUsed - before;
  };
  grown(10);
  expect(grown(16_000)).toBeLessThan(4_000_000);
});
