import { beforeEach, describe, expect, test } from "bun:test";
import { type Claims, createClaims } from "../../src/supervisor/claims.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";

let clock: FakeClock;
let claims: Claims;
beforeEach(() => {
  clock = createFakeClock();
  claims = createClaims(clock);
});

const leaderOf = (key: string, worker: number, request: number) => claims.claim(key, worker, request).leader;

describe("claims of keys", () => {
  test("the first worker leads, the others learn its number until it releases", () => {
    expect(leaderOf("/a", 1, 7)).toBeNull();
    expect(leaderOf("/a", 2, 1)).toBe(1);
    expect(leaderOf("/b", 2, 2)).toBeNull();
    claims.release("/a", 1, 7, 0);
    expect(leaderOf("/a", 2, 3)).toBeNull();
  });

  test("only the leader can release", () => {
    claims.claim("/a", 1, 7);
    claims.release("/a", 2, 7, 0);
    expect(leaderOf("/a", 2, 8)).toBe(1);
  });

  test("a worker that begins anew is not ended by the end of what it began before", () => {
    claims.claim("/a", 1, 7);
    expect(leaderOf("/a", 1, 8)).toBeNull();
    claims.release("/a", 1, 7, 0);
    expect(leaderOf("/a", 2, 1)).toBe(1);
    claims.release("/a", 1, 8, 0);
    expect(leaderOf("/a", 2, 2)).toBeNull();
  });

  test("a worker that ends leads nothing any more", () => {
    claims.claim("/a", 1, 1);
    claims.claim("/b", 1, 2);
    claims.claim("/c", 2, 1);
    claims.releaseAll(1);
    expect([leaderOf("/a", 3, 1), leaderOf("/b", 3, 2), leaderOf("/c", 3, 3)]).toEqual([null, null, 2]);
  });

  test("who releases after a failure lets the others rest as long, and no longer", async () => {
    claims.claim("/a", 1, 1);
    claims.release("/a", 1, 1, 2_000);
    expect(claims.claim("/a", 2, 1)).toEqual({ leader: null, restMilliseconds: 2_000 });
    await clock.advance(1_500);
    expect(claims.claim("/a", 2, 2).restMilliseconds).toBe(500);
    await clock.advance(500);
    expect(claims.claim("/a", 2, 3).restMilliseconds).toBe(0);
  });

  test("a success ends the rest", () => {
    claims.claim("/a", 1, 1);
    claims.release("/a", 1, 1, 2_000);
    claims.claim("/a", 2, 1);
    claims.release("/a", 2, 1, 0);
    expect(claims.claim("/a", 1, 2).restMilliseconds).toBe(0);
  });
});
