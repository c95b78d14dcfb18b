import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Origin, startOrigin } from "../fixtures/origin.ts";
import { ask, type RawResponse, requestText } from "../fixtures/raw-client.ts";
import { gather } from "./crowd.ts";
import { type RunningProxy, startProxy } from "./harness.ts";

/** A file of two sites with rules, as an operator runs it: two workers, each with half of the clients. */

let folder: string;
let origin: Origin;
let proxy: RunningProxy;

const fileFor = (originUrl: string) => `
[[site]]
name = "shop"
hosts = ["shop.test", "*.shop.test"]
origins = ["${originUrl}"]
preserve-host = true
default-lifetime = "1h"

[[site.rule]]
name = "members"
if = { cookie = "member_*" }
pass = true

[[site.rule]]
name = "currency"
if = { path = "/shop/**" }
cookies = ["currency"]
query = { ignore = "tracking" }

[[site]]
name = "blog"
hosts = ["blog.test", "cache.test"]
origins = ["${originUrl}"]
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cacheproxy-sites-"));
  origin = await startOrigin((exchange) => {
    const { target, field } = exchange.request;
    const said = `${target} for ${field("cookie") ?? "nobody"}`;
    // Others come while it is on its way.
    setTimeout(() => void exchange.respond(200, { "Content-Type": "text/plain" }, said), 50);
  });
  const file = join(folder, "sites.toml");
  await Bun.write(file, fileFor(origin.url));
  proxy = await startProxy(origin.url, { flags: ["--config", file, "--log", "json"] });
});
afterAll(async () => {
  await proxy.stop();
  await origin.stop();
  await rm(folder, { recursive: true, force: true });
});

function of(host: string, target: string, fields: Record<string, string> = {}): string {
  return requestText("GET", target, { Host: host, ...fields });
}

const asked = (target: string) => origin.requests.filter((request) => request.target === target).length;

test.skipIf(process.platform !== "linux")(
  "in a herd whose cookies are part of the key each has the page of its own, and the origin is asked once for each",
  async () => {
    const crowd = await gather(proxy, 30);
    const currencies = ["EUR", "USD", "nobody"];
    const answers: Promise<[string, RawResponse]>[] = [];
    for (const [number, client] of crowd.clients.flat().entries()) {
      const currency = currencies[number % 3] ?? "";
      const cookie = currency === "nobody" ? `session=${number}` : `session=${number}; currency=${currency}`;
      await client.send(of("shop.test", `/shop/page?utm_source=${number}`, { Cookie: cookie }));
      answers.push(client.response().then((answer) => [currency, answer]));
    }
    for (const [currency, { text }] of await Promise.all(answers)) {
      const sent = currency === "nobody" ? "nobody" : `currency=${currency}`;
      expect(text).toBe(`/shop/page for ${sent}`);
    }
    expect(asked("/shop/page")).toBe(3);
    await crowd.stop();
  },
);

test("a member's page is nobody else's, and what was stored is not the member's", async () => {
  const visit = async (cookie?: string) => {
    const fields = cookie === undefined ? {} : { Cookie: cookie };
    const answer = await ask(proxy.port, of("shop.test", "/account", fields));
    return [answer.field("x-cache"), answer.text];
  };
  expect(await visit("member_1=a")).toEqual(["PASS", "/account for member_1=a"]);
  expect(await visit()).toEqual(["MISS", "/account for nobody"]);
  for (let time = 0; time < 10; time++) {
    expect(await visit("member_2=b")).toEqual(["PASS", "/account for member_2=b"]);
    expect((await visit())[1]).toBe("/account for nobody");
  }
});

test("a host is answered by its site alone, and the log says which", async () => {
  const hosts = ["shop.test", "www.shop.test", "blog.test", "other.test"];
  const statuses = await Promise.all(
    hosts.map(async (host) => (await ask(proxy.port, of(host, "/who"))).status),
  );
  expect(statuses).toEqual([200, 200, 200, 421]);
  for (const [host, site] of [
    ["www.shop.test", "shop"],
    ["blog.test", "blog"],
    ["other.test", undefined],
  ]) {
    const line = await proxy.stdout.until(new RegExp(`"/who".*"host":"${host}"`));
    expect(JSON.parse(line).site).toBe(site);
  }
});
