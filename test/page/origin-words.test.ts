import { expect, test } from "bun:test";
import type { OriginTold } from "../../src/control/origins.ts";
import { askedIn, countsIn, doubtIn, firstByteIn } from "../../src/page/fleet/origin-words.ts";

type View = OriginTold["workers"][number];
const well: View = { worker: 2, state: "trusted", failures: 0, restsFor: 0, waiting: 0 };

test.each<[Partial<View>, string | null]>([
  [{}, null],
  [{ failures: 1 }, "worker 2: 1 failure in a row"],
  [{ failures: 2 }, "worker 2: 2 failures in a row"],
  [
    { state: "left-alone", failures: 3, restsFor: 4_100 },
    "worker 2: 3 failures in a row, left alone for 5 s more",
  ],
  [{ state: "left-alone", failures: 3 }, "worker 2: 3 failures in a row, the next request tries it"],
  [{ state: "tried", failures: 3 }, "worker 2: 3 failures in a row, one request finds out now"],
])("a worker that sees an origin as %j doubts it so: %p", (change, doubt) => {
  expect(doubtIn({ ...well, ...change })).toBe(doubt);
});

test("counts are told with what they are made of", () => {
  expect(countsIn({ "5xx": 4, "2xx": 1_200 })).toBe("1,204 (2xx 1,200, 5xx 4)");
  expect(countsIn({ "origin-refused": 3 })).toBe("3 (origin-refused 3)");
  expect(countsIn({})).toBe("none");
});

test("how quick an origin is is told once it has answered", () => {
  expect(firstByteIn({ median: 4, slowest: 1_000 })).toBe("half within 4.00 ms, 99 % within 1000 ms");
  expect(firstByteIn({ median: null, slowest: null })).toBe("–");
});

test.each<[health: string | null, origins: number, asked: string]>([
  [null, 1, "for clients"],
  ["/up", 1, "for clients, and for /up by itself"],
  [null, 2, "for clients; round-robin"],
])("with the health %p and %d origins they are asked %s", (health, count, asked) => {
  const origin = { name: "http://a.test" } as OriginTold;
  expect(askedIn({ health, balance: "round-robin", origins: Array(count).fill(origin) })).toBe(asked);
});
