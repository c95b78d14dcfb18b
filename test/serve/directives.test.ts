import { afterEach, describe, expect, test } from "bun:test";
import type { Script } from "../fixtures/origin.ts";
import { always, cacheWord, type ProxyOverrides, reasonOf, startProxy, type TestProxy } from "./proxy.ts";

let proxy: TestProxy;
async function before(script: Script, overrides?: ProxyOverrides): Promise<void> {
  proxy = await startProxy(script, overrides);
}
afterEach(() => proxy.stop());

const lifetime = "max-age=60";

/** What the second request gets, `age` seconds after the first. */
const cases: [response: string, age: number, request: Record<string, string>, outcome: string][] = [
  [lifetime, 0, {}, "HIT hit-fresh"],
  [lifetime, 0, { "Cache-Control": "no-cache" }, "REVALIDATED request"],
  [lifetime, 0, { Pragma: "no-cache" }, "REVALIDATED request"],
  [lifetime, 0, { Pragma: "no-cache", "Cache-Control": "max-age=9" }, "HIT hit-fresh"],
  [lifetime, 10, { "Cache-Control": "max-age=10" }, "HIT hit-fresh"],
  [lifetime, 11, { "Cache-Control": "max-age=10" }, "REVALIDATED request"],
  [`${lifetime}, immutable`, 11, { "Cache-Control": "max-age=0" }, "HIT hit-immutable"],
  [`${lifetime}, immutable`, 11, { "Cache-Control": "no-cache" }, "REVALIDATED request"],
  [lifetime, 30, { "Cache-Control": "min-fresh=30" }, "HIT hit-fresh"],
  [lifetime, 31, { "Cache-Control": "min-fresh=30" }, "REVALIDATED request"],
  [lifetime, 70, { "Cache-Control": "max-stale=10" }, "STALE hit-max-stale"],
  [lifetime, 71, { "Cache-Control": "max-stale=10" }, "REVALIDATED stale"],
  [lifetime, 999, { "Cache-Control": "max-stale" }, "STALE hit-max-stale"],
  [`${lifetime}, must-revalidate`, 70, { "Cache-Control": "max-stale" }, "REVALIDATED stale"],
  [`${lifetime}, proxy-revalidate`, 70, { "Cache-Control": "max-stale" }, "REVALIDATED stale"],
  ["s-maxage=60", 70, { "Cache-Control": "max-stale" }, "REVALIDATED stale"],
  [`${lifetime}, no-cache`, 0, {}, "REVALIDATED stale"],
  [lifetime, 0, { "Cache-Control": "only-if-cached" }, "HIT hit-fresh"],
  [lifetime, 70, { "Cache-Control": "only-if-cached" }, "ERROR only-if-cached-miss"],
  [lifetime, 0, { "Cache-Control": "no-store" }, "HIT hit-fresh"],
];

function outcomeOf(answer: Awaited<ReturnType<TestProxy["get"]>>): string {
  const forward = /fwd=([a-z-]+)/.exec(answer.field("cache-status") ?? "")?.[1];
  return `${cacheWord(answer)} ${forward ?? reasonOf(answer)}`;
}

const validating: Script = (exchange) => {
  const [, , directives = ""] = exchange.request.target.split("/").map(decodeURIComponent);
  const fields = { "Cache-Control": directives, ETag: '"v1"', "Content-Type": "text/plain" };
  if (exchange.request.field("if-none-match") === null) return void exchange.respond(200, fields, "hello");
  return void exchange.send(`HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n`);
};

describe("a client's directives (RFC 9111 §5.2.1)", () => {
  test.each(cases)("over %s, %i s old: %j is a %s", async (directives, age, request, outcome) => {
    await before(validating);
    const target = `/page/${encodeURIComponent(directives)}`;
    await proxy.get(target);
    proxy.advance(age);
    const answer = await proxy.get(target, request);
    expect(outcomeOf(answer)).toBe(outcome);
    if (outcome !== "ERROR only-if-cached-miss") expect([answer.status, answer.text]).toEqual([200, "hello"]);
    else expect(answer.status).toBe(504);
  });

  test.each(cases)(
    "where they are ignored, over %s, %i s old: %j is as without",
    async (directives, age, request) => {
      await before(validating, {
        options: { reuse: { clientCacheControl: "ignore", maxOutage: 0, isOffline: false } },
      });
      const target = `/page/${encodeURIComponent(directives)}`;
      const outcomes: string[] = [];
      for (const [key, fields] of [request, {}].entries()) {
        await proxy.get(`${target}/${key}`);
        proxy.advance(age);
        outcomes.push(outcomeOf(await proxy.get(`${target}/${key}`, fields)));
      }
      expect(outcomes[0]).toBe(outcomes[1] ?? "nothing");
    },
  );

  test("no-store keeps the answer out of the store, also where clients are ignored: it asks nothing of the origin", async () => {
    for (const clientCacheControl of ["honour", "ignore"] as const) {
      await before(always(200, { "Cache-Control": lifetime }), {
        options: { reuse: { clientCacheControl, maxOutage: 0, isOffline: false } },
      });
      expect(reasonOf(await proxy.get("/page", { "Cache-Control": "no-store" }))).toBe("request-no-store");
      expect(cacheWord(await proxy.get("/page"))).toBe("MISS");
      if (clientCacheControl === "honour") await proxy.stop();
    }
  });
});

describe("windows of the operator (RFC 5861)", () => {
  const windows = { staleWhileRevalidateWindow: 10, staleIfErrorWindow: 100 };

  test.each([
    [lifetime, 65, "STALE hit-stale-while-revalidate"],
    [lifetime, 75, "STALE stale"],
    [lifetime, 161, "ERROR stale"],
    [`${lifetime}, stale-while-revalidate=0, stale-if-error=0`, 65, "ERROR stale"],
    [`${lifetime}, must-revalidate`, 65, "ERROR stale"],
    [`${lifetime}, proxy-revalidate`, 65, "ERROR stale"],
    [`${lifetime}, no-cache`, 65, "ERROR stale"],
    ["s-maxage=60", 65, "ERROR stale"],
    ["s-maxage=60, stale-while-revalidate=9", 65, "STALE hit-stale-while-revalidate"],
    ["s-maxage=60, stale-if-error=9", 65, "STALE stale"],
    ["s-maxage=60, stale-if-error=9, proxy-revalidate", 65, "ERROR stale"],
  ])("for what says %s, %i s old, when the origin fails: %s", async (directives, age, outcome) => {
    await before(always(200, { "Cache-Control": directives, ETag: '"v1"' }), { storing: windows });
    await proxy.get("/page");
    proxy.advance(age);
    proxy.origin.answer((exchange) => exchange.reset());
    expect(outcomeOf(await proxy.get("/page"))).toBe(outcome);
  });
});
