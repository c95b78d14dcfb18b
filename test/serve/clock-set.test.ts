import { afterEach, describe, expect, test } from "bun:test";
import type { Script } from "../fixtures/origin.ts";
import { ask, requestText } from "../fixtures/raw-client.ts";
import { createDirectory } from "../store/directory.ts";
import { always, cacheWord, type ProxyOverrides, startProxy, type TestProxy } from "./proxy.ts";

const hour = 3600;
let proxy: TestProxy;
afterEach(() => proxy.stop());

async function before(script: Script, overrides?: ProxyOverrides): Promise<void> {
  proxy = await startProxy(script, overrides);
}

const fields = { "Cache-Control": "max-age=5", "Content-Type": "text/plain" };

/** An origin on the same machine: what it says in Date is what the wall clock says. */
const dated: Script = (exchange) =>
  void exchange.respond(200, { ...fields, Date: new Date(proxy.date()).toUTCString() });

async function words(target: string, times: number): Promise<(string | null)[]> {
  const all: (string | null)[] = [];
  for (let time = 0; time < times; time++) all.push(cacheWord(await proxy.get(target)));
  return all;
}

describe.each([true, false])("the wall clock is set back by an hour (short cut: %p)", (shortCut) => {
  test("what is fresh for five seconds ages on, and is stale after six", async () => {
    await before(dated, { shortCut });
    await proxy.get("/page");
    proxy.advance(2);
    proxy.setWallClock(-hour);
    proxy.advance(2);
    const hit = await proxy.get("/page");
    expect([cacheWord(hit), hit.field("age")]).toEqual(["HIT", "4"]);
    proxy.advance(2);
    expect(cacheWord(await proxy.get("/page"))).not.toBe("HIT");
  });

  test("what comes afterwards is new: its Date is the wall clock's", async () => {
    await before(dated, { shortCut });
    proxy.setWallClock(-hour);
    await proxy.get("/page");
    proxy.advance(4);
    const hit = await proxy.get("/page");
    expect([cacheWord(hit), hit.field("age")]).toEqual(["HIT", "4"]);
  });

  test.each([
    ["a purge", () => proxy.context.store.remove({ by: "all" })],
    ["an unsafe request", () => ask(proxy.port, requestText("POST", "/page", { "Content-Length": "0" }))],
  ])("after %s, made while it was ahead, responses are stored as before", async (_, remove) => {
    const directory = createDirectory();
    await before(dated, { shortCut, disk: directory.open({ now: () => proxy?.now() ?? 0 }) });
    proxy.setWallClock(hour);
    await proxy.get("/page");
    await remove();
    proxy.setWallClock(-hour);
    expect(await words("/page", 2)).toEqual(["MISS", "HIT"]);
    await directory.dispose();
  });
});

test("the wall clock is set forward: what went stale meanwhile is not served", async () => {
  await before(dated);
  await proxy.get("/page");
  proxy.setWallClock(6);
  expect(cacheWord(await proxy.get("/page"))).not.toBe("HIT");
});

test("a Date that is missing is the wall clock's, whatever it was set to", async () => {
  await before(always(200, fields));
  proxy.setWallClock(-hour);
  const answer = await proxy.get("/page");
  expect(answer.field("date")).toBe(new Date(proxy.date()).toUTCString());
});

test("so is that of an answer of our own, and a request's duration is none of the clock's settings", async () => {
  await before(({ reset }) => {
    proxy.setWallClock(hour);
    proxy.advance(3);
    reset();
  });
  proxy.setWallClock(-hour);
  const answer = await proxy.get("/page");
  expect([answer.status, answer.field("date")]).toEqual([502, new Date(proxy.date()).toUTCString()]);
  await proxy.untilServed(1);
  expect(proxy.served[0]?.milliseconds).toBe(3000);
});
