import type { Asking } from "../../../src/worker/cacheability/target-sketch.ts";

/** A page that sets a cookie, asked for by somebody, unless something else is said. */
export function asked(said: Partial<Asking> = {}): Asking {
  return {
    ...{ at: 0, site: "shop", cache: "MISS", reason: "set-cookie", forwarded: "miss", status: 200 },
    ...{ method: "GET", host: "shop.example", target: "/cart", bytes: 100, client: "192.0.2.7" },
    ...{ milliseconds: 50, firstByteMilliseconds: 40, protocol: "http" },
    received: new Headers({ Host: "shop.example" }),
    origin: { status: 200, fields: [["set-cookie", "a=1"]], framing: "length" },
    ...said,
  };
}
