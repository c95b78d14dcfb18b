import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReasonName } from "../../src/rules/reason.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { createRemovals } from "../../src/store/removals.ts";
import { type Tier, StoreError } from "../../src/store/tier.ts";
import { makeCertificate } from "../fixtures/certificate.ts";
import { handshakeFields } from "../fixtures/web-socket-ends.ts";
import type { Script } from "../fixtures/origin.ts";
import { ask, connectTo, requestText } from "../fixtures/raw-client.ts";
import { purgingOf, type PurgingSettings } from "../../src/serve/purge/permission.ts";
import type { PurgeOutcome } from "../../src/serve/purge/wanted.ts";
import type { RuleSettings } from "../../src/sites/plan.ts";
import { whileServing } from "../rules/while-serving.ts";
import { always, planOf, type ProxyOverrides, startProxy, type TestProxy } from "./proxy.ts";
import { order } from "../store/samples.ts";

let proxy: TestProxy;
async function before(script: Script, overrides?: ProxyOverrides): Promise<void> {
  proxy = await startProxy(script, overrides);
}
afterEach(() => proxy.stop());

const fresh = { "Cache-Control": "max-age=60", "Content-Type": "text/plain" };
const validated = { ...fresh, ETag: '"v1"' };
const notModified: Script = ({ send }) => void send('HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n');

/** Belongs to the storing of parts, which has tests of its own. */
type Elsewhere = Extract<(typeof whileServing)[number], `partial-${string}`>;

/** A site with one rule, which speaks of every request. */
async function askedUnderRule(settings: RuleSettings): Promise<void> {
  await before(always(200, fresh), { plan: planOf({ rules: [{ name: "rule-1", settings }] }) });
  await proxy.get("/page");
}

const counts = { purged: 1, complete: 1, partial: 0, inFlight: 0, soft: false, milliseconds: 1 };

async function askedToPurge(settings: Partial<PurgingSettings>, purged?: PurgeOutcome): Promise<void> {
  const purging = purgingOf({ purgeFrom: ["127.0.0.1"], ...settings });
  await before(always(200, fresh), { options: { purging }, ...(purged === undefined ? {} : { purged }) });
  await ask(proxy.port, requestText("PURGE", "/page"));
}

/** What makes each of them occur. */
const causes: Record<Exclude<(typeof whileServing)[number], Elsewhere>, () => Promise<unknown>> = {
  miss: async () => {
    await before(always(200, fresh));
    await proxy.get("/page");
  },
  "vary-miss": async () => {
    await before(always(200, { ...fresh, Vary: "X-Kind" }));
    await proxy.get("/page", { "X-Kind": "a" });
    await proxy.get("/page", { "X-Kind": "b" });
  },
  revalidated: () => storedThen(validated, notModified),
  websocket: async () => {
    await before(always(404, {}));
    await proxy.get("/page", handshakeFields());
  },
  collapsed: async () => {
    const rest = Promise.withResolvers<void>();
    await before(async ({ send }) => {
      await send(
        "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
      );
      await rest.promise;
      await send("0\r\n\r\n");
    });
    const clients = [await connectTo(proxy.port), await connectTo(proxy.port)];
    for (const client of clients) {
      await client.send(requestText("GET", "/page", { Connection: "close" }));
      await client.head();
    }
    rest.resolve();
    for (const client of clients) await client.rest();
  },
  "only-if-cached-miss": async () => {
    await before(always(200, fresh));
    await proxy.get("/page", { "Cache-Control": "only-if-cached" });
  },
  "method-not-cached": async () => {
    await before(always(200, fresh));
    await ask(proxy.port, requestText("OPTIONS", "/page"));
  },
  "host-unknown": async () => {
    await before(always(200, fresh), { plan: planOf({ name: "shop", hosts: ["shop.test"] }) });
    await proxy.get("/page", { Host: "unknown.test" });
  },
  purged: () => askedToPurge({}, { kind: "purged", answer: { ...counts, lookedFor: "it" } }),
  "purge-refused": () => askedToPurge({}, { kind: "refused", why: "it is none" }),
  "purge-uncertain": () => askedToPurge({}, { kind: "uncertain", why: "it takes long" }),
  "purge-forbidden": () => askedToPurge({ purgeFrom: [] }),
  "rule-pass": () => askedUnderRule({ pass: true }),
  "rule-deny": () => askedUnderRule({ deny: 403 }),
  "rule-redirect": () => askedUnderRule({ redirect: { to: "https" } }),
  "target-uncertain": async () => {
    await before(always(200, fresh));
    await proxy.get("/%EF%BF%BD");
  },
  "forwarding-loop": async () => {
    await before(always(200, fresh));
    await proxy.get("/page", { "CDN-Loop": 'cacheproxy; id="loop-of-this-test"' });
  },
  "request-refused": async () => {
    await before(always(200, fresh));
    await ask(proxy.port, requestText("TRACE", "/page"));
  },
  "incomplete-body": async () => {
    const begun = Promise.withResolvers<void>();
    await before(async ({ send, end }) => {
      await send(
        "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
      );
      await begun.promise;
      end();
    });
    const client = await connectTo(proxy.port);
    await client.send(requestText("GET", "/page"));
    await client.head();
    begun.resolve();
    await client.rest();
  },
  "too-large": async () => {
    await before(always(200, fresh, "hello"), { options: { maxObjectSize: 4 } });
    await proxy.get("/page");
  },
  "store-failed": async () => {
    await before(always(200, fresh), { store: fullStore() });
    await proxy.get("/page");
  },
  "error-over-good": () => storedThen(validated, always(500, fresh)),
  "varies-anew": () =>
    storedThen(validated, ({ send }) => void send("HTTP/1.1 304 Not Modified\r\nVary: X-Kind\r\n\r\n")),
  "origin-refused": async () => {
    await before(always(200, fresh), { originUrl: "http://127.0.0.1:1" });
    await proxy.get("/page");
  },
  "origin-not-found": async () => {
    await before(always(200, fresh), { originUrl: "http://no-such-name.invalid" });
    await proxy.get("/page");
  },
  "origin-untrusted": async () => {
    const folder = mkdtempSync(join(tmpdir(), "cacheproxy-untrusted-"));
    const { cert, key } = await makeCertificate(folder);
    const tls = { cert: await Bun.file(cert).text(), key: await Bun.file(key).text() };
    rmSync(folder, { recursive: true });
    const origin = Bun.serve({ port: 0, development: false, tls, fetch: () => new Response("hello") });
    await before(always(200, fresh), { originUrl: `https://127.0.0.1:${origin.port}` });
    await proxy.get("/page");
    await origin.stop(true);
  },
  "origin-timeout": async () => {
    await before(() => undefined, { timeouts: { firstByteTimeout: 10 } });
    await proxy.get("/page");
  },
  "origin-broken": async () => {
    await before((exchange) => exchange.reset());
    await proxy.get("/page");
  },
  "origins-down": async () => {
    await before(always(200, fresh), { originUrl: "http://127.0.0.1:1" });
    for (let each = 0; each < 4; each++) await proxy.get("/page");
    expect((await proxy.get("/page")).field("retry-after")).toBe("5");
  },
  "no-descriptor": async () => {
    const failure = { status: 503, reason: "no-descriptor", explanation: "too much to do" } as const;
    await before(always(200, fresh), { forward: async () => ({ ok: false, failure }) });
    expect((await proxy.get("/page")).field("retry-after")).toBe("1");
  },
  "unasked-not-modified": async () => {
    await before(notModified);
    await proxy.get("/page");
  },
  "client-left": async () => {
    await before(() => undefined);
    const client = await connectTo(proxy.port);
    await client.send(requestText("HEAD", "/page"));
    await proxy.origin.untilExchange(1);
    client.reset();
    await proxy.untilServed(1);
  },
  "client-stalled": async () => {
    await before(() => undefined, { timeouts: { clientTimeout: 10 } });
    const client = await connectTo(proxy.port);
    await client.send(`${requestText("POST", "/page", { "Content-Length": "10" })}half`);
    await client.response();
  },
  "internal-error": async () => {
    const broken: Tier = { ...fullStore(), find: () => Promise.reject(new Error("a bug")) };
    await before(always(200, fresh), { store: broken });
    await proxy.get("/page");
  },
  "invalidated-by-method": async () => {
    await before(always(200, fresh));
    await ask(proxy.port, requestText("DELETE", "/page"));
  },
  "invalidated-by-location": async () => {
    await before(always(201, { Location: "/new" }));
    await ask(proxy.port, requestText("POST", "/page", { "Content-Length": "0" }));
  },
  superseded: () => storedThen(validated, always(404, {})),
  "origin-error-of-others": async () => {
    const gate = Promise.withResolvers<void>();
    await before(async (exchange) => {
      await gate.promise;
      await exchange.respond(503, {});
    });
    const clients = [];
    for (let count = 0; count < 6; count++) clients.push(await connectTo(proxy.port));
    for (const client of clients) await client.send(requestText("GET", "/page", { Connection: "close" }));
    gate.resolve();
    for (const client of clients) await client.rest();
  },
  "invalidated-by-group": async () => {
    await before(always(200, { "Cache-Group-Invalidation": '"news"' }));
    await ask(proxy.port, requestText("POST", "/page", { "Content-Length": "0" }));
  },
  "invalidated-by-head": () => storedThen(validated, always(200, { ETag: '"v2"' }), "HEAD"),
  "freshened-by-head": () => storedThen(validated, always(200, { ...validated }, "body"), "HEAD"),
};

async function storedThen(fields: Record<string, string>, next: Script, method = "GET"): Promise<void> {
  await before(always(200, fields));
  await proxy.get("/page");
  proxy.advance(61);
  proxy.origin.answer(next);
  await ask(proxy.port, requestText(method, "/page"));
}

function fullStore(): Tier {
  const memory = createMemoryStore({
    now: () => 0,
    removals: createRemovals(1),
    maxBytes: 1_000_000,
    order,
    newId: () => "id",
  });
  const refuse = () => {
    throw new StoreError("ENOSPC", "no room");
  };
  return { ...memory, put: refuse, write: async () => refuse() };
}

/** In the log, as what came of a request and as why the origin was asked, and among what requests did beside. */
function told(): readonly ReasonName[] {
  const inLog = proxy.served.flatMap(({ reason, forwarded }) => [reason, ...(forwarded ? [forwarded] : [])]);
  return [...inLog, ...proxy.effects.map(([reason]) => reason)];
}

test.each(Object.entries(causes))("%s occurs, and is told", async (reason, cause) => {
  await cause();
  expect(told()).toContain(reason as ReasonName);
});

test("none of those that belong to serving is left out", () => {
  const elsewhere = whileServing.filter((reason) => reason.startsWith("partial-"));
  expect([...Object.keys(causes), ...elsewhere].sort()).toEqual([...whileServing].sort());
});

test("why the origin was asked is told beside what came of it", async () => {
  await before(always(200, { ...validated, "Cache-Control": "no-cache" }));
  await proxy.get("/page");
  await proxy.get("/page");
  expect(proxy.served.map(({ reason, forwarded }) => [reason, forwarded])).toEqual([
    ["stored-for-validation", "miss"],
    ["stored-for-validation", "revalidate-no-cache"],
  ]);
});
