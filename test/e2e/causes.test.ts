import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cause, type Causes, causesSchema } from "../../src/control/cacheability.ts";
import { type Origin, startOrigin } from "../fixtures/origin.ts";
import { ask, requestText } from "../fixtures/raw-client.ts";
import { type RunningProxy, runBinary, startProxy, untilGone } from "./harness.ts";
import { until } from "./visitor.ts";

/** What was no hit, and why, of a proxy of two workers: each request has a connection of its own, and so one of them. */

let origin: Origin;
let proxy: RunningProxy;

const visits = 8;
const checked = { "Cache-Control": "no-cache", "Content-Type": "text/plain", ETag: '"1"' };
const frail = { "Cache-Control": "max-age=0, stale-if-error=600", "Content-Type": "text/plain", ETag: '"1"' };

beforeAll(async () => {
  origin = await startOrigin((exchange) => {
    const { target } = exchange.request;
    if (target.startsWith("/cart")) return void exchange.respond(200, { "Set-Cookie": "a=secret" }, "cart");
    if (target.startsWith("/news"))
      return void exchange.respond(200, { "Cache-Control": "no-store", "Content-Type": "text/html" }, "news");
    const isStored = exchange.request.field("If-None-Match") !== null;
    if (target === "/checked")
      return void exchange.respond(isStored ? 304 : 200, checked, isStored ? "" : "checked");
    if (target === "/frail") return void exchange.respond(isStored ? 503 : 200, frail, "frail");
    return void exchange.respond(
      200,
      { "Cache-Control": "max-age=600", "Content-Type": "text/plain" },
      "page",
    );
  });
  proxy = await startProxy(origin.url, { flags: ["--log", "off"] });
  for (let visit = 0; visit < visits; visit += 1) {
    for (const target of ["/cart?item=1", "/news", "/page", "/checked"]) await visitTo("GET", target);
    await visitTo("POST", "/order");
  }
  for (const target of ["/frail", "/frail"]) await visitTo("GET", target);
});
afterAll(async () => {
  await proxy.stop();
  await origin.stop();
});

async function visitTo(method: string, target: string): Promise<void> {
  const length = method === "POST" ? { "Content-Length": "0" } : {};
  const fields = { Host: "shop.test", Connection: "close", Cookie: "session=hush", ...length };
  expect((await ask(proxy.port, requestText(method, target, fields))).status).toBe(200);
}

async function told(path: string): Promise<Response> {
  const answer = await fetch(`http://localhost${path}`, { unix: join(proxy.cacheDir, "admin.sock") });
  expect(answer.status).toBe(200);
  return answer;
}

async function causesNow(): Promise<Causes> {
  return causesSchema.parse(await (await told("/causes")).json());
}

function causeOf({ causes }: Causes, reason: string): Cause {
  const found = causes.find((cause) => cause.reason === reason);
  if (found === undefined) throw new Error(`there is no cause ${reason}`);
  return found;
}

test("each cause is told with its requests, those that could have been hits, the URLs behind it and what to change", async () => {
  const causes = await causesNow();
  const cart = causeOf(causes, "set-cookie");
  expect(cart.all.requests).toBe(visits);
  expect(cart.again.requests).toBe(visits - 1);
  expect(cart.isAvoidable).toBeTrue();
  expect(cart.sentences[1]).toStartWith("not stored: the response has Set-Cookie");
  expect(cart.targets.map(({ url, again }) => [url, again.requests])).toEqual([
    ["http://shop.test/cart?item=1", visits - 1],
  ]);
  expect(cart.advice.map(({ where }) => where)).toEqual(["origin", "file"]);
  expect(cart.advice[1]?.copy).toContain('if = { path = "/cart" }');
  expect(causeOf(causes, "response-no-store").all).toMatchObject({ requests: visits, bytes: visits * 4 });
});

test("what changes something at the origin could be no hit", async () => {
  const order = (await causesNow()).causes.find(({ forwarded }) => forwarded === "method-not-cached");
  expect(order?.all.requests).toBe(visits);
  expect(order?.isAvoidable).toBeFalse();
});

test("values of cookies are not told", async () => {
  const text = await (await told("/causes")).text();
  expect(text).toContain("session=");
  expect(text).not.toMatch(/hush|secret/);
});

test("the numbers are those of /metrics, and each request is counted once: as a hit, or by its cause", async () => {
  const { causes, totals } = await causesNow();
  const text = await (await told("/metrics")).text();
  const sumOf = (name: string, labels = "") =>
    [...text.matchAll(new RegExp(`^cacheproxy_${name}\\{.*${labels}.*\\} (\\S+)$`, "gm"))].reduce(
      (sum, [, value]) => sum + Number(value),
      0,
    );
  const [total] = totals;
  expect(totals.length).toBe(1);
  expect(total?.requests).toBe(sumOf("requests_total"));
  expect(total?.bytes).toBe(sumOf("sent_bytes_total"));
  const [confirmed = 0, stale = 0] = ["REVALIDATED", "STALE"].map((word) =>
    sumOf("sent_bytes_total", `cache="${word}"`),
  );
  expect([confirmed, stale]).toEqual([(visits - 1) * "checked".length, "frail".length]);
  expect(total?.hitBytes).toBe(sumOf("saved_bytes_total") - confirmed - stale);
  const asked = causes.reduce((sum, { all }) => sum + all.requests, 0);
  expect(asked).toBe(sumOf("forwarded_requests_total"));
  expect(asked + (total?.hits ?? 0)).toBe(total?.requests ?? 0);
  const bytesAsked = causes.reduce((sum, { all }) => sum + all.bytes, 0);
  expect(bytesAsked + (total?.hitBytes ?? 0)).toBe(total?.bytes ?? 0);
});

test("workers whose place others take tell what they have counted, though nobody has asked them", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cacheproxy-causes-"));
  const file = join(folder, "cacheproxy.toml");
  await Bun.write(file, "");
  const reloaded = await startProxy(origin.url, { flags: ["--log", "off", "--config", file] });
  const unix = join(reloaded.cacheDir, "admin.sock");
  try {
    for (let visit = 0; visit < visits; visit += 1)
      await ask(reloaded.port, requestText("GET", "/cart", { Host: "shop.test", Connection: "close" }));
    const former = await reloaded.workerPids();
    await Bun.write(file, 'memory = "64MB"\n');
    expect(await runBinary(["reload", "--cache-dir", reloaded.cacheDir, "--config", file])).toMatchObject({
      code: 0,
    });
    await Promise.all(former.map(untilGone));
    const told = causesSchema.parse(await (await fetch("http://localhost/causes", { unix })).json());
    expect(causeOf(told, "set-cookie").all.requests).toBe(visits);
  } finally {
    await reloaded.stop();
    await rm(folder, { recursive: true });
  }
});

test("what a worker has counted outlasts it", async () => {
  const before = await causesNow();
  const [pid = 0] = await proxy.workerPids();
  process.kill(pid, "SIGKILL");
  await untilGone(pid);
  await visitTo("POST", "/order");
  const requestsIn = ({ totals }: Causes) => totals[0]?.requests ?? 0;
  await until(async () => requestsIn(await causesNow()) > requestsIn(before));
  const after = await causesNow();
  expect(requestsIn(after)).toBe(requestsIn(before) + 1);
  expect(causeOf(after, "set-cookie").all).toEqual(causeOf(before, "set-cookie").all);
});
