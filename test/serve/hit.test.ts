import { expect, test } from "bun:test";
import { hostField } from "../../src/origin/request.ts";
import { primaryKey } from "../../src/rules/cache-key.ts";
import { variantKey } from "../../src/rules/vary.ts";
import { createHit } from "../../src/serve/hit/hit.ts";
import type { Served } from "../../src/serve/answer/outcome.ts";
import type { Ready } from "../../src/serve/hit/ready.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { createRemovals } from "../../src/store/removals.ts";
import { cookieMatcher } from "../../src/rules/cookies.ts";
import type { ServeContext, ServeOptions } from "../../src/serve/context.ts";
import { purgingOf } from "../../src/serve/purge/permission.ts";
import type { ServedSites } from "../../src/serve/site.ts";
import { compileSites } from "../../src/sites/table.ts";
import { planOf } from "./proxy.ts";
import { createOpenFiles } from "../../src/store/disk/open-files.ts";
import { createClock, newId, newResponse, policy, order } from "../store/samples.ts";

/** One site without rules. As far as the short cut looks at it. */
function plainSite(): ServedSites {
  const { siteFor } = compileSites(planOf({}), { ignoredCookies: cookieMatcher([]) });
  const purging = purgingOf({ purgeFrom: [] });
  const options = { underscoreFields: "drop", showKey: false, index: null, purging } as ServeOptions;
  return {
    firstHost: null,
    siteFor(host) {
      const site = siteFor(host);
      return site === null ? null : { site, context: { options } as ServeContext };
    },
  };
}

/** What the short cut itself answers; that it agrees with the long way is the matter of agreement.test.ts. */
async function shortCut() {
  const { now, advance } = createClock();
  const memory = createMemoryStore<Ready>({
    now: () => 0,
    removals: createRemovals(1),
    maxBytes: 1 << 20,
    order,
    newId,
  });
  const plain = plainSite();
  const served: Served[] = [];
  const hits: number[] = [];
  const hit = createHit({
    memory,
    sites: () => plain,
    files: createOpenFiles(),
    protocol: "http",
    clients: { told: () => null },
    now,
    onHit: (_site, _asked, _target, _status, bytes) => hits.push(bytes),
    onServed: (one) => served.push(one),
    peerOf: () => null,
  });
  return {
    served,
    hits,
    advance,
    async store(target: string, vary: readonly string[], request: Record<string, string>, text: string) {
      const entry = newResponse({
        primaryKey: primaryKey({ host: "a.example", target }),
        policy: policy({ vary }),
        variantKey: variantKey(vary, new Headers(request)),
      });
      const writer = await memory.write(entry);
      await writer.write(new TextEncoder().encode(text));
      await writer.commit();
    },
    ask: (target: string, fields: Record<string, string> = {}, method = "GET") =>
      hit(new Request(`http://a.example${target}`, { method, headers: { Host: "a.example", ...fields } })),
  };
}

test("a client that has the response is told so, without its body", async () => {
  const { store, ask, hits, served } = await shortCut();
  await store("/a", [], {}, "hello");
  const answers = [ask("/a"), ask("/a", { "If-None-Match": '"1"' }), ask("/a", { "If-None-Match": '"2"' })];
  expect(answers.map((answer) => answer?.status)).toEqual([200, 304, 200]);
  expect(answers[1]?.body).toBeNull();
  expect(answers[1]?.headers.has("content-type")).toBe(false);
  expect(hits).toEqual([5, 0, 5]);
  expect(served.map(({ status, bytes }) => [status, bytes])).toEqual([
    [200, 5],
    [304, 0],
    [200, 5],
  ]);
});

test("the age of a 304 goes on as that of the whole response does", async () => {
  const { store, ask, advance } = await shortCut();
  await store("/a", [], {}, "hello");
  const age = () => ask("/a", { "If-None-Match": "*" })?.headers.get("age");
  expect(age()).toBe("0");
  advance(2000);
  expect(age()).toBe("2");
});

test("an answer on its way keeps the age it was given", async () => {
  const { store, ask, advance } = await shortCut();
  await store("/a", [], {}, "hello");
  const first = ask("/a");
  advance(3000);
  expect(ask("/a")?.headers.get("age")).toBe("3");
  expect(first?.headers.get("age")).toBe("0");
});

test("each variant is answered to those who match it, again and again and whoever came before", async () => {
  const { store, ask } = await shortCut();
  await store("/a", ["accept-encoding"], { "accept-encoding": "gzip" }, "gzip");
  await store("/a", ["accept-encoding"], { "accept-encoding": "br, gzip" }, "both");
  await store("/a", ["accept-encoding"], {}, "none");
  for (const order of [
    ["gzip", "gzip, br", "gzip", null],
    [null, "gzip", "br,gzip", "gzip"],
  ]) {
    for (const coding of order) {
      const answer = ask("/a", coding === null ? {} : { "Accept-Encoding": coding });
      expect(await answer?.text()).toBe(coding === null ? "none" : coding === "gzip" ? "gzip" : "both");
    }
  }
  expect(ask("/a", { "Accept-Encoding": "zstd" })).toBeUndefined();
});

test("a response that was given to one Host is not given to another, in whatever order they come", async () => {
  const { store, ask } = await shortCut();
  await store("/a", [], {}, "a");
  for (const [host, given] of [
    ["a.example", true],
    ["b.example", false],
    ["A.example", true],
    ["b.example", false],
  ] as const) {
    expect(ask("/a", { Host: host }) !== undefined).toBe(given);
  }
});

test("Vary on the host that the origin is told of is on what it is told", async () => {
  const { store, ask } = await shortCut();
  await store("/a", [hostField], { [hostField]: "a.example" }, "a");
  for (const claimed of ["b.example", "a.example"]) {
    expect(ask("/a", { Host: "A.example", "X-Forwarded-Host": claimed })).toBeDefined();
  }
});

test.each<[what: string, target: string, fields: Record<string, string>, method?: string]>([
  ["HEAD", "/a", {}, "HEAD"],
  ["a target that is not stored", "/b", {}],
  ["a range on a condition", "/a", { Range: "bytes=0-1", "If-Range": '"1"' }],
  ["several ranges", "/a", { Range: "bytes=0-0,2-2" }],
  ["a range that is not there", "/a", { Range: "bytes=5-" }],
  ["a condition that can fail", "/a", { "If-Match": '"1"' }],
  ["a directive", "/a", { "Cache-Control": "no-cache" }],
  ["a directive beside a condition", "/a", { Pragma: "no-cache", "If-None-Match": '"1"' }],
  ["a Host that is none", "/a", { Host: "a/b" }],
])("%s goes the long way", async (_, target, fields, method) => {
  const { store, ask, hits } = await shortCut();
  await store("/a", [], {}, "hello");
  expect(ask(target, fields, method)).toBeUndefined();
  expect(hits).toEqual([]);
});
