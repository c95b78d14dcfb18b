import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { PurgeRequest } from "../../src/control/purge.ts";
import type { Plan } from "../../src/sites/plan.ts";
import { purgeOf } from "../../src/supervisor/purge.ts";
import { ask, requestText } from "../fixtures/raw-client.ts";
import { cacheWord, planOf, startProxy, type TestProxy } from "./proxy.ts";

const sites = [
  { name: "shop", hosts: ["shop.example", "*.shop.example"] },
  { name: "blog", hosts: ["blog.example", "*.blog.example"], preserveHost: true },
];
const plan: Plan = { sites: sites.flatMap((site) => planOf(site).sites), top: {} };
const hosts = ["shop.example", "www.shop.example", "blog.example", "www.blog.example"] as const;

let proxy: TestProxy;
beforeEach(async () => {
  proxy = await startProxy(
    ({ request, respond }) => {
      if (request.target === "/edit") return void respond(200, { "Cache-Group-Invalidation": '"all"' });
      if (request.method !== "GET") return void respond(200, {});
      const fields = { "Cache-Control": "max-age=60", "Content-Type": "text/plain", "Cache-Groups": '"all"' };
      return void respond(200, fields);
    },
    { plan },
  );
  await words("/page", "/other");
});
afterEach(() => proxy.stop());

async function words(...targets: readonly string[]): Promise<(string | null)[]> {
  const found: (string | null)[] = [];
  for (const Host of hosts)
    for (const target of targets) found.push(cacheWord(await proxy.get(target, { Host })));
  return found;
}

type Words = readonly [shop: string, www: string, blog: string, www: string];
const ofShop: Words = ["MISS", "MISS", "HIT", "HIT"];
const ofBlog: Words = ["HIT", "HIT", "MISS", "MISS"];
const ofBlogHost: Words = ["HIT", "HIT", "MISS", "HIT"];
const ofWwwBlogHost: Words = ["HIT", "HIT", "HIT", "MISS"];

// The shop's origin is sent its own Host, and so has one page for all hosts; each host of the blog has pages of its own.
describe.each<[host: string, after: Words]>([
  ["shop.example", ofShop],
  ["www.shop.example", ofShop],
  ["blog.example", ofBlogHost],
  ["www.blog.example", ofWwwBlogHost],
])("an unsafe request to a site, at %s, leaves what is of another", (Host, after) => {
  test("by its target", async () => {
    await ask(proxy.port, requestText("POST", "/page", { Host, "Content-Length": "0" }));
    expect(await words("/other")).toEqual(["HIT", "HIT", "HIT", "HIT"]);
    expect(await words("/page")).toEqual([...after]);
  });

  test("by a group", async () => {
    await ask(proxy.port, requestText("POST", "/edit", { Host, "Content-Length": "0" }));
    expect(await words("/page")).toEqual([...after]);
  });
});

test.each<[PurgeRequest, after: Words]>([
  [{ path: "/page", site: "shop" }, ofShop],
  [{ path: "/page", site: "blog" }, ofBlog],
  [{ path: "/page" }, ["MISS", "MISS", "MISS", "MISS"]],
  [{ url: "https://www.shop.example/page" }, ofShop],
  [{ url: "http://blog.example/page" }, ofBlogHost],
  [{ prefix: "/pa", site: "blog" }, ofBlog],
  [{ prefix: "http://www.blog.example/" }, ofWwwBlogHost],
  [{ group: "all", site: "shop" }, ofShop],
  [{ all: true, site: "blog" }, ofBlog],
])("a purge of %j leaves what is of another site", async (request, after) => {
  for (const selector of purgeOf(request, plan).selectors) await proxy.context.store.remove(selector);
  expect(await words("/page")).toEqual([...after]);
});

describe("what the rules rewrite", () => {
  const settings = { query: { ignore: ["utm_*"] }, ignoreCase: true } as const;
  const rewriting: Plan = planOf({ name: "shop", settings });

  async function word(): Promise<string | null> {
    return cacheWord(await proxy.get("/page", { Host: "shop.example" }));
  }

  test.each<[how: string, remove: () => Promise<unknown>]>([
    [
      "an unsafe request to the URL as it was clicked",
      () =>
        ask(
          proxy.port,
          requestText("POST", "/Page?utm_source=x", { Host: "shop.example", "Content-Length": "0" }),
        ),
    ],
    ["a purge of that URL", () => purge({ url: "http://shop.example/Page?utm_source=x" })],
    ["a purge of the path in other letters", () => purge({ path: "/PAGE" })],
    ["a purge of how the path begins in other letters", () => purge({ prefix: "/Pa" })],
    ["a purge of a glob in other letters", () => purge({ glob: "/P*e" })],
  ])("is removed by %s", async (_, remove) => {
    proxy.usePlan(rewriting);
    expect(await word()).toBe("HIT");
    await remove();
    expect(await word()).toBe("MISS");
  });

  async function purge(request: PurgeRequest): Promise<void> {
    for (const selector of purgeOf(request, rewriting).selectors) await proxy.context.store.remove(selector);
  }
});
