import { describe, expect, test } from "bun:test";
import { type Script, startOrigin } from "../fixtures/origin.ts";
import { ask, get, requestText } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { type RunningProxy, runBinary, startProxy } from "./harness.ts";

/** What the operator decides of the rules reaches the worker that keeps them. */

const keep = stoppedAfterEach();

async function proxyBefore(script: Script, ...flags: readonly string[]) {
  const origin = keep(await startOrigin(script));
  const proxy = keep(await startProxy(origin.url, { flags: ["--log", "off", ...flags] }));
  return { origin, proxy };
}

async function told(proxy: RunningProxy, fields?: Record<string, string>): Promise<string | null> {
  return (await get(proxy.port, "/page", fields)).field("cache-status");
}

const fresh = { "Cache-Control": "max-age=60", "Content-Type": "text/plain" };
/** Stale when it comes, for 40 seconds. */
const staleAlready = { ...fresh, Age: "100", ETag: '"v1"' };

describe("an option of the rules", () => {
  test.each([
    [[], "response-no-store"],
    [["--targeted", "Example-Cache-Control,CDN-Cache-Control"], "stored-targeted"],
    [["--targeted", "off"], "response-no-store"],
  ])("%j: a response for targets of that name is %s", async (flags, reason) => {
    const fields = { "Cache-Control": "no-store", "Example-Cache-Control": "max-age=60" };
    const { proxy } = await proxyBefore(({ respond }) => void respond(200, fields), ...flags);
    expect(await told(proxy)).toEndWith(`detail=${reason}`);
  });

  test.each([
    ["honour", "fwd=request"],
    ["ignore", "hit"],
  ])("--client-cache-control %s: a client's no-cache is a %s", async (how, outcome) => {
    const { proxy } = await proxyBefore(
      ({ respond }) => void respond(200, fresh),
      "--client-cache-control",
      how,
    );
    await told(proxy);
    expect(await told(proxy, { "Cache-Control": "no-cache" })).toStartWith(`cacheproxy; ${outcome}`);
  });

  test.each([
    [["--stale-if-error", "1h"], 200],
    [["--stale-if-error", "30s"], 503],
    [[], 503],
  ])("%j: an origin's 503 over what has been stale for 40 s is a %i", async (flags, status) => {
    const { origin, proxy } = await proxyBefore(({ respond }) => void respond(200, staleAlready), ...flags);
    await told(proxy);
    origin.answer(({ respond }) => void respond(503, {}));
    expect((await get(proxy.port, "/page")).status).toBe(status);
  });

  test.each([
    [["--stale-while-revalidate", "1h"], "hit-stale-while-revalidate"],
    [["--stale-while-revalidate", "30s"], "stored-for-validation"],
  ])("%j: what has been stale for 40 s is answered: %s", async (flags, reason) => {
    const { proxy } = await proxyBefore(({ respond }) => void respond(200, staleAlready), ...flags);
    await told(proxy);
    expect(await told(proxy)).toEndWith(`detail=${reason}`);
  });

  test.each([
    [[], 200],
    [["--strict-s-maxage"], 503],
  ])("%j: a 503 over what says s-maxage beside stale-if-error is a %i", async (flags, status) => {
    const fields = { ...staleAlready, "Cache-Control": "s-maxage=60, stale-if-error=600" };
    const { origin, proxy } = await proxyBefore(({ respond }) => void respond(200, fields), ...flags);
    await told(proxy);
    origin.answer(({ respond }) => void respond(503, {}));
    expect((await get(proxy.port, "/page")).status).toBe(status);
  });

  test.each([
    [[], null],
    [["--share-set-cookie"], "id=1"],
  ])("%j: a stored Set-Cookie is %j for the next client", async (flags, cookie) => {
    const fields = { ...fresh, "Set-Cookie": "id=1" };
    const { proxy } = await proxyBefore(({ respond }) => void respond(200, fields), ...flags);
    await told(proxy);
    const next = await get(proxy.port, "/page");
    expect([next.field("x-cache"), next.field("set-cookie")]).toEqual(["HIT", cookie]);
  });

  test.each([
    [[], ["MISS", "HIT"]],
    [
      ["--ignore-cookies", "off"],
      ["MISS", "MISS"],
    ],
    [
      ["--ignore-cookies", "default,session"],
      ["HIT", "HIT"],
    ],
  ])("%j: an unstated lifetime with a session, and with _ga, is a %j", async (flags, words) => {
    const modified = { "Last-Modified": "Wed, 31 Dec 2025 12:00:00 GMT", "Content-Type": "text/plain" };
    const { proxy } = await proxyBefore(({ respond }) => void respond(200, modified), ...flags);
    await told(proxy);
    const word = async (cookie: string) =>
      (await get(proxy.port, "/page", { Cookie: cookie })).field("x-cache");
    expect([await word("session=1"), await word("_ga=1")]).toEqual(words);
  });

  test.each([
    [[], "ttl=60", "ttl=10"],
    [["--error-cap", "30s"], "ttl=30", "ttl=30"],
    [["--error-cap", "off"], "ttl=60", "ttl=60"],
  ])("%j: a 404 that says max-age=60 has %s, a 503 %s", async (flags, missing, failing) => {
    const script: Script = ({ request, respond }) =>
      void respond(request.target === "/404" ? 404 : 503, fresh);
    const { proxy } = await proxyBefore(script, ...flags);
    for (const [target, lifetime] of [
      ["/404", missing],
      ["/503", failing],
    ] as const) {
      expect((await get(proxy.port, target)).field("cache-status")).toContain(`; ${lifetime};`);
    }
  });

  test("--max-variants 1 and --cache-status-key", async () => {
    const script: Script = ({ respond }) => void respond(200, { ...fresh, Vary: "X-Kind" });
    const origin = keep(await startOrigin(script));
    const flags = ["--log", "off", "--max-variants", "1", "--cache-status-key"];
    // One worker: another may have what had to go in its memory still.
    const proxy = keep(await startProxy(origin.url, { flags, workers: 1 }));
    const words = [];
    for (const kind of ["a", "a", "b", "a"]) words.push(await told(proxy, { "X-Kind": kind }));
    const began = words.map((word) => word?.split(";")[1]?.trim());
    expect(began).toEqual(["fwd=uri-miss", "hit", "fwd=vary-miss", "fwd=vary-miss"]);
    for (const word of words) expect(word).toContain('; key="/page cache.test"; detail=');
  });
});

test("stats count why the origin was asked, and what requests removed", async () => {
  const { proxy } = await proxyBefore(({ respond }) => void respond(200, fresh));
  const stats = async () =>
    JSON.parse((await runBinary(["stats", "--json", "--cache-dir", proxy.cacheDir])).stdout);
  await told(proxy);
  // Whichever worker gets the next request, it is on the disk by then.
  while ((await stats()).store.objects === 0) await Bun.sleep(20);
  await ask(proxy.port, requestText("DELETE", "/page"));
  expect(await stats()).toMatchObject({
    counters: { "forwarded.miss": 1, "forwarded.method-not-cached": 1, "effect.invalidated-by-method": 1 },
  });
});
