import { afterEach, describe, expect, test } from "bun:test";
import { always, cacheWord, reasonOf, startProxy, type TestProxy } from "./proxy.ts";

/** Credentials that the operator gave for the origin. */

let proxy: TestProxy;
afterEach(() => proxy.stop());

const authorization = "Basic b3BlcmF0b3I6czNjcmV0";
const fresh = { "Cache-Control": "max-age=60" };
const sent = () => proxy.origin.requests.map((request) => request.field("authorization"));

describe("the operator's credentials", () => {
  test("go with each request whose client has none, and say nothing of the client: the answer is everybody's", async () => {
    proxy = await startProxy(always(200, fresh), { authorization });
    expect(cacheWord(await proxy.get("/"))).toBe("MISS");
    expect(cacheWord(await proxy.get("/"))).toBe("HIT");
    expect(sent()).toEqual([authorization]);
  });

  test("give way to the client's own, whose answer is nobody else's", async () => {
    proxy = await startProxy(always(200, fresh), { authorization });
    const own = { Authorization: "Bearer mine" };
    expect(reasonOf(await proxy.get("/", own))).toBe("request-authorization");
    expect(cacheWord(await proxy.get("/"))).toBe("MISS");
    expect(sent()).toEqual(["Bearer mine", authorization]);
  });

  test("go with what is asked in the background and for what is missing as well", async () => {
    const stale = { "Cache-Control": "max-age=1, stale-while-revalidate=60" };
    proxy = await startProxy(always(200, stale), { authorization });
    await proxy.get("/");
    proxy.advance(2);
    expect(cacheWord(await proxy.get("/"))).toBe("STALE");
    await proxy.origin.untilExchange(2);
    expect(sent()).toEqual([authorization, authorization]);
  });

  test("are in no answer of ours", async () => {
    proxy = await startProxy((exchange) => exchange.reset(), { authorization });
    const answer = await proxy.get("/");
    expect(answer.status).toBe(502);
    expect(answer.head + answer.text).not.toContain(authorization);
  });
});
