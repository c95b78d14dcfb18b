import { afterEach, describe, expect, test } from "bun:test";
import type { Script } from "../fixtures/origin.ts";
import { cacheWord, startProxy, type TestProxy } from "./proxy.ts";

let proxy: TestProxy;
afterEach(() => proxy.stop());

const everywhere = { host: null, site: null };
const all = { by: "all", soft: true } as const;

/** Each answer is the next version; what there is bears a name and a validator. */
function versions(cacheControl: string, gates: readonly (Promise<void> | undefined)[] = []): Script {
  let asked = 0;
  return async (exchange) => {
    const turn = asked++;
    await gates[turn];
    const fields = { "Cache-Control": cacheControl, "Surrogate-Key": "news", ETag: '"same"' };
    if (exchange.request.field("if-none-match") === '"same"') await exchange.respond(304, fields);
    else await exchange.respond(200, fields, `version ${turn + 1}`);
  };
}

async function purge(
  selector: Parameters<TestProxy["context"]["store"]["remove"]>[0] = all,
): Promise<number> {
  proxy.context.flights.detach([selector]);
  return await proxy.context.store.remove(selector);
}

describe("after a soft purge", () => {
  test.each([
    [{ by: "all", soft: true }],
    [{ by: "tag", tag: "news", ...everywhere, soft: true }],
    [{ by: "glob", glob: "/*", ...everywhere, soft: true }],
    [{ by: "prefix", targetPrefix: "/p", ...everywhere, soft: true }],
    [{ by: "target", target: "/page", ...everywhere, soft: true }],
  ] as const)("%j: all get it stale at once, and the origin is asked once", async (selector) => {
    const gate = Promise.withResolvers<void>();
    proxy = await startProxy(versions("max-age=600, stale-while-revalidate=60", [undefined, gate.promise]));
    await proxy.get("/page");
    expect(await purge(selector)).toBe(1);
    const answers = await Promise.all(Array.from({ length: 20 }, () => proxy.get("/page")));
    expect(new Set(answers.map((answer) => `${cacheWord(answer)} ${answer.text}`))).toEqual(
      new Set(["STALE version 1"]),
    );
    gate.resolve();
    await proxy.origin.untilExchange(2);
    expect(proxy.origin.exchanges).toHaveLength(2);
  });

  test("what no window lets be used stale is confirmed by the origin before it is given, and is fresh again then", async () => {
    proxy = await startProxy(versions("max-age=600"));
    await proxy.get("/page");
    await purge();
    expect(cacheWord(await proxy.get("/page"))).toBe("REVALIDATED");
    expect(cacheWord(await proxy.get("/page"))).toBe("HIT");
    expect(proxy.origin.exchanges).toHaveLength(2);
  });

  test("what forbids stale use is gone: the origin is asked without its validator", async () => {
    proxy = await startProxy(versions("max-age=600, must-revalidate"));
    await proxy.get("/page");
    expect(await purge()).toBe(1);
    const answer = await proxy.get("/page");
    expect([cacheWord(answer), answer.text]).toEqual(["MISS", "version 2"]);
  });

  test("it stands in for an origin that fails, within stale-if-error", async () => {
    let asked = 0;
    proxy = await startProxy(async (exchange) => {
      asked += 1;
      if (asked === 1)
        await exchange.respond(200, { "Cache-Control": "max-age=600, stale-if-error=60" }, "good");
      else await exchange.respond(500, {}, "bad");
    });
    await proxy.get("/page");
    await purge();
    const answer = await proxy.get("/page");
    expect([cacheWord(answer), answer.text]).toEqual(["STALE", "good"]);
  });

  test("a second one does not lengthen the time for which it may be used stale", async () => {
    proxy = await startProxy(versions("max-age=600, stale-while-revalidate=60"));
    await proxy.get("/page");
    await purge();
    proxy.advance(50);
    await purge();
    proxy.advance(20);
    // The window of the first is over: who asks waits for the origin.
    expect(cacheWord(await proxy.get("/page"))).toBe("REVALIDATED");
  });

  test("what the origin confirms that was asked before the purge goes to who waits, and nothing is fresh by it", async () => {
    const gate = Promise.withResolvers<void>();
    proxy = await startProxy(versions("max-age=10, stale-if-error=60", [undefined, gate.promise]));
    await proxy.get("/page");
    proxy.advance(20);
    const waiting = proxy.get("/page");
    await proxy.origin.untilExchange(2);
    await purge();
    gate.resolve();
    expect((await waiting).text).toBe("version 1");
    expect(cacheWord(await proxy.get("/page"))).toBe("REVALIDATED");
    expect(proxy.origin.exchanges).toHaveLength(3);
  });

  test("a refresh in the background that was under way stores nothing", async () => {
    const gate = Promise.withResolvers<void>();
    let asked = 0;
    proxy = await startProxy(async (exchange) => {
      const turn = ++asked;
      if (turn === 2) await gate.promise;
      await exchange.respond(
        200,
        { "Cache-Control": "max-age=10, stale-while-revalidate=600" },
        `version ${turn}`,
      );
    });
    await proxy.get("/page");
    proxy.advance(20);
    expect(cacheWord(await proxy.get("/page"))).toBe("STALE");
    await proxy.origin.untilExchange(2);
    await purge();
    gate.resolve();
    // What there was may be given stale until the refresh has superseded it.
    for (let turn = 0; turn < 5; turn += 1) expect((await proxy.get("/page")).text).not.toBe("version 2");
  });
});
