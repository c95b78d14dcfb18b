import { describe, expect, test } from "bun:test";
import { createClaims } from "../../src/supervisor/claims.ts";

describe("claims of keys", () => {
  test("the first worker leads, the others learn its number until it releases", () => {
    const claims = createClaims();
    expect(claims.claim("/a", 1)).toBeNull();
    expect(claims.claim("/a", 2)).toBe(1);
    expect(claims.claim("/b", 2)).toBeNull();
    claims.release("/a", 1);
    expect(claims.claim("/a", 2)).toBeNull();
  });

  test("only the leader can release", () => {
    const claims = createClaims();
    claims.claim("/a", 1);
    claims.release("/a", 2);
    expect(claims.claim("/a", 2)).toBe(1);
  });

  test("a worker that ends leads nothing any more", () => {
    const claims = createClaims();
    claims.claim("/a", 1);
    claims.claim("/b", 1);
    claims.claim("/c", 2);
    claims.releaseAll(1);
    expect([claims.claim("/a", 3), claims.claim("/b", 3), claims.claim("/c", 3)]).toEqual([null, null, 2]);
  });
});
