import { afterEach, describe, expect, test } from "bun:test";
import type { Selector } from "../../../src/store/tier.ts";
import { createHandDeadlines } from "../../fixtures/hand-deadlines.ts";
import type { Script } from "../../fixtures/origin.ts";
import { ask, requestText } from "../../fixtures/raw-client.ts";
import { cacheWord, keyOf, type ProxyOverrides, startProxy, type TestProxy } from "../proxy.ts";

let proxy: TestProxy;
const patience = createHandDeadlines();
async function before(script: Script, overrides?: ProxyOverrides): Promise<void> {
  proxy = await startProxy(script, overrides);
}
afterEach(() => proxy.stop());

const fresh = { "Cache-Control": "max-age=60", "Cache-Groups": '"news"', "Content-Type": "text/plain" };

/** Each GET gets the version there is when it comes, the first one after `gate`; a POST makes a new one. */
function versions(gate: Promise<void>, fields: Record<string, string> = {}): Script {
  let version = 1;
  let gets = 0;
  return async (exchange) => {
    if (exchange.request.method !== "GET") {
      version += 1;
      return void exchange.respond(200, fields);
    }
    const body = `version ${version}`;
    gets += 1;
    if (gets === 1) await gate;
    await exchange.respond(200, fresh, body);
  };
}

/** What the operator or another worker removes. */
async function removeHere(selector: Selector): Promise<void> {
  proxy.context.flights.detach([selector]);
  await proxy.context.store.remove(selector);
}

describe("what is removed while it is on its way (RFC 9111 §4.4)", () => {
  test.each([
    ["its own URL", "/page", {}],
    ["a Location", "/edit", { Location: "/page" }],
    ["a group", "/edit", { "Cache-Group-Invalidation": '"news"' }],
  ])("is not joined after a POST that names it by %s, nor found later", async (_, target, fields) => {
    const gate = Promise.withResolvers<void>();
    await before(versions(gate.promise, fields as Record<string, string>));
    const earlier = proxy.get("/page");
    await proxy.origin.untilExchange(1);
    proxy.advance(0.001);
    await ask(proxy.port, requestText("POST", target, { "Content-Length": "0" }));
    const later = await proxy.get("/page");
    expect([cacheWord(later), later.text]).toEqual(["MISS", "version 2"]);
    gate.resolve();
    expect((await earlier).text).toBe("version 1");
    const last = await proxy.get("/page");
    expect([cacheWord(last), last.text]).toEqual(["HIT", "version 2"]);
  });

  test.each([{ by: "all" }] as const)("is not joined after a purge: %o", async (selector) => {
    const gate = Promise.withResolvers<void>();
    await before(versions(gate.promise));
    const earlier = proxy.get("/page");
    await proxy.origin.untilExchange(1);
    await removeHere(selector);
    const later = proxy.get("/page");
    await proxy.origin.untilExchange(2);
    expect(cacheWord(await later)).toBe("MISS");
    gate.resolve();
    await earlier;
  });

  test("goes to those who waited before, and to no other", async () => {
    const gate = Promise.withResolvers<void>();
    await before(versions(gate.promise));
    const first = proxy.get("/page");
    await proxy.origin.untilExchange(1);
    const waiting = proxy.get("/page");
    proxy.advance(0.001);
    await ask(proxy.port, requestText("POST", "/other", { "Content-Length": "0" }));
    await ask(proxy.port, requestText("POST", "/page", { "Content-Length": "0" }));
    gate.resolve();
    expect([(await first).text, (await waiting).text]).toEqual(["version 1", "version 1"]);
    expect((await proxy.get("/page")).text).toBe("version 3");
  });

  test("a refresh in the background does not bring it back", async () => {
    const gate = Promise.withResolvers<void>();
    const swr = { ...fresh, "Cache-Control": "max-age=60, stale-while-revalidate=3600" };
    let version = 1;
    await before(async (exchange) => {
      if (exchange.request.method === "POST") {
        version += 1;
        return void exchange.respond(200, {});
      }
      const body = `version ${version}`;
      if (proxy.origin.requests.length === 2) await gate.promise;
      await exchange.respond(200, swr, body);
    });
    await proxy.get("/page");
    proxy.advance(70);
    expect(cacheWord(await proxy.get("/page"))).toBe("STALE");
    await proxy.origin.untilExchange(2);
    proxy.advance(0.001);
    await ask(proxy.port, requestText("POST", "/page", { "Content-Length": "0" }));
    gate.resolve();
    const later = await proxy.get("/page");
    expect([cacheWord(later), later.text]).toEqual(["MISS", "version 2"]);
    expect((await proxy.get("/page")).text).toBe("version 2");
  });

  test("and is confirmed all the same says nothing of sharing: those who wait send one more", async () => {
    const gate = Promise.withResolvers<void>();
    const confirmable = { "Cache-Control": "no-cache", ETag: '"v1"', "Content-Type": "text/plain" };
    await before(({ respond }) => void respond(200, confirmable, "old"), { patience });
    await proxy.get("/page");
    proxy.origin.answer(async (exchange) => {
      if (proxy.origin.requests.length > 2) return void exchange.respond(200, confirmable, "new");
      await gate.promise;
      await exchange.send('HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n');
    });
    const first = proxy.get("/page");
    await proxy.origin.untilExchange(2);
    const waiting = Array.from({ length: 10 }, () => proxy.get("/page"));
    await patience.untilRunning(10);
    await removeHere({ by: "all" });
    gate.resolve();
    expect((await first).text).toBe("old");
    expect(new Set((await Promise.all(waiting)).map(({ text }) => text))).toEqual(new Set(["new"]));
    expect(proxy.context.flights.isUnshared(keyOf("/page"), "anonymous")).toBe(false);
  });
});
