import { describe, expect, test } from "bun:test";
import { UsageError } from "../../src/config/usage-error.ts";
import { gatherMeasures } from "../../src/control/measures.ts";
import type { PastPurge, PurgeAnswer, PurgeRequest } from "../../src/control/purge.ts";
import type { ReloadAnswer } from "../../src/control/reload.ts";
import { createAdminApp } from "../../src/supervisor/admin/app.ts";
import { metricsRoutes } from "../../src/supervisor/admin/metrics-routes.ts";
import { purgeRoutes } from "../../src/supervisor/admin/purge-routes.ts";
import { reloadRoutes } from "../../src/supervisor/admin/reload-routes.ts";
import type { Route } from "../../src/supervisor/admin/route.ts";
import { type Stats, stateRoutes } from "../../src/supervisor/admin/state-routes.ts";
import { FleetError } from "../../src/supervisor/fleet-error.ts";
import { type Health, judgeHealth } from "../../src/supervisor/health.ts";

const stats: Stats = {
  startedAt: 5,
  workers: [{ number: 1, pid: 77, state: "ready", deaths: 0 }],
  keeper: { pid: 78, state: "ready", deaths: 1 },
  counters: { "cache.HIT": 3 },
  store: { objects: 2, bytes: 200, maxBytes: 1000 },
  logLinesDropped: 0,
};

interface Wishes {
  health?: Health;
  purge?: (request: PurgeRequest) => Promise<PurgeAnswer>;
  reload?: () => Promise<ReloadAnswer>;
}

const answered: PurgeAnswer = {
  ...{ purged: 4, complete: 3, partial: 1, inFlight: 2, soft: false, dryRun: false },
  ...{ lookedFor: "what was named", milliseconds: 5 },
};

const past: PastPurge = {
  at: 1_700_000_000_000,
  asker: { door: "traffic", by: "WordPress", client: "127.0.0.1" },
  lookedFor: "/a of every host",
  ...{ soft: false, purged: 1, complete: 1, partial: 0, inFlight: 0, milliseconds: 2 },
};

function openApp(wishes: Wishes = {}) {
  const purged: PurgeRequest[] = [];
  const errors: string[] = [];
  const app = createAdminApp({
    routes: [
      ...stateRoutes({
        health: () => wishes.health ?? { status: "ok", reasons: [] },
        readiness: async () => ({ status: "ready", reasons: [] }),
        stats: async () => stats,
      }),
      ...metricsRoutes({
        measures: async () => gatherMeasures(({ counter }) => counter("purges_total", {}, 3)),
      }),
      ...purgeRoutes({
        purge:
          wishes.purge ??
          (async (request) => {
            purged.push(request);
            return { ...answered };
          }),
        purges: () => [past],
      }),
      ...reloadRoutes({
        request: wishes.reload ?? (async () => ({ changes: ["site shop is new"], notices: [] })),
      }),
    ],
    onError: (error) => errors.push(error.message),
  });
  const purge = (body: string, type = "application/json") =>
    app.request("/purge", { method: "POST", body, headers: { "Content-Type": type } });
  return { app, purge, purged, errors };
}

describe("GET /healthz", () => {
  test("answers 200 when all is well and lets nobody keep the answer", async () => {
    const response = await openApp().app.request("/healthz");
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toEqual({ status: "ok", reasons: [] });
  });

  test("answers 503 with the reasons when it is not", async () => {
    const health: Health = { status: "degraded", reasons: ["worker 2 is down (waiting)"] };
    const response = await openApp({ health }).app.request("/healthz");
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual(health);
  });
});

test("GET /stats answers what the supervisor knows", async () => {
  const response = await openApp().app.request("/stats");
  expect(await response.json()).toEqual(stats);
});

test("GET /metrics answers in Prometheus' words", async () => {
  const response = await openApp().app.request("/metrics");
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(await response.text()).toEndWith(
    "# TYPE cacheproxy_purges_total counter\ncacheproxy_purges_total 3\n",
  );
});

describe("POST /reload", () => {
  function reload(wishes: Wishes, type = "application/json") {
    return openApp(wishes).app.request("/reload", {
      method: "POST",
      body: "{}",
      headers: { "Content-Type": type },
    });
  }

  test("tells what has changed", async () => {
    const response = await reload({});
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ changes: ["site shop is new"], notices: [] });
  });

  test.each([
    [400, new UsageError("shop.toml:3:1: lifetim is no setting; did you mean lifetime?")],
    [503, new FleetError("cacheproxy is stopping")],
  ])("answers %d with what is wrong", async (status, error) => {
    const response = await reload({ reload: () => Promise.reject(error) });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: error.message });
  });

  test("does nothing for a page of another site, which cannot say that it sends JSON", async () => {
    expect((await reload({}, "text/plain")).status).toBe(415);
  });
});

describe("POST /purge", () => {
  test.each([
    [{ path: "/a?b" }],
    [{ url: "http://a.example/a" }],
    [{ prefix: "/img/" }],
    [{ prefix: "https://a.example/img/" }],
    [{ group: "news" }],
    [{ all: true as const }],
    [{ all: true as const, site: "shop" }],
    [{ path: "/a?b", site: "shop" }],
    [{ site: "shop" }],
    [{ glob: "/img/*.png", soft: true }],
    [{ host: "a.example", dryRun: true }],
    [{ tags: ["a", "b"], site: "shop" }],
  ])("takes %j and says how many were removed, and what was looked for", async (request) => {
    const { purge, purged } = openApp();
    const response = await purge(JSON.stringify(request));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(answered);
    expect(purged).toEqual([request]);
  });

  test("compares names of tags with fields, whose bytes are read as one character each", async () => {
    const { purge, purged } = openApp();
    const inFields = "voil\u00c3\u00a0";
    await purge(JSON.stringify({ tag: "voilà" }));
    await purge(JSON.stringify({ tags: ["voilà", "news"], soft: true }));
    expect(purged).toEqual([{ tag: inFields }, { tags: [inFields, "news"], soft: true }]);
  });

  test.each([
    ["", "body: "],
    ["{", "body: "],
    ["[]", "body: "],
    ["{}", "body: there should be one of url, path, prefix, glob, host, site, tag, tags, group and all"],
    ['{"soft":true}', "body: there should be one of url, path, prefix, glob, host, site, tag, tags, group"],
    ['{"tags":[]}', "tags: "],
    ['{"tag":"a","soft":1}', "soft: "],
    ['{"glob":"img/*"}', "glob: should be a path with stars"],
    ['{"path":""}', "path: should begin with a slash"],
    ['{"path":"a"}', "path: "],
    ['{"path":7}', "path: "],
    ['{"path":["/a"]}', "path: "],
    ['{"url":"/a"}', "url: should be a whole URL"],
    ['{"url":"ftp://a.example/a"}', "url: "],
    ['{"prefix":"img/"}', "prefix: "],
    ['{"group":""}', "group: "],
    ['{"all":false}', "all: "],
    ['{"all":true,"site":null}', "site: "],
    // A word too many may be a misunderstanding: all is more than the operator wanted.
    ['{"all":true,"path":"/a"}', "body: "],
    ['{"path":"/a","host":"a.example"}', "body: "],
    ['{"by":"all"}', "body: "],
    ['{"by":"key","primaryKey":"/a a.example"}', "body: "],
  ])("refuses %p, names what is wrong and removes nothing", async (body, where) => {
    const { purge, purged } = openApp();
    const response = await purge(body);
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: string };
    expect(error).toStartWith(where);
    expect(purged).toEqual([]);
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])(
    "refuses Content-Type %p, which a page of another site may send",
    async (type) => {
      const { purge, purged } = openApp();
      expect((await purge('{"all":true}', type)).status).toBe(415);
      expect(purged).toEqual([]);
    },
  );

  test("says 400 and why when nothing can be meant", async () => {
    const { purge, errors } = openApp({ purge: () => Promise.reject(new UsageError("no such host")) });
    const response = await purge('{"url":"http://a:b/"}');
    expect([response.status, await response.json()]).toEqual([400, { error: "no such host" }]);
    expect(errors).toEqual([]);
  });

  test("says 503 and why when the workers could not", async () => {
    const { purge, errors } = openApp({ purge: () => Promise.reject(new FleetError("no worker is ready")) });
    const response = await purge('{"all":true}');
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ error: "no worker is ready" });
    expect(errors).toEqual([]);
  });

  test("tells an unforeseen error to the log and not to the client", async () => {
    const { purge, errors } = openApp({ purge: () => Promise.reject(new Error("/secret/path")) });
    const response = await purge('{"all":true}');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
    expect(errors).toEqual(["/secret/path"]);
  });
});

test.each([
  ["GET", "/purge", 405, "POST"],
  ["POST", "/stats", 405, "GET, HEAD"],
  ["OPTIONS", "/purge", 405, "POST"],
  ["DELETE", "/", 405, "GET, HEAD"],
  ["GET", "/purge/", 404, null],
  ["GET", "/%70urge", 405, "POST"],
])("%s %s is answered with %d, Allow %p and no CORS", async (method, path, status, allow) => {
  const response = await openApp().app.request(path, { method, headers: { Origin: "http://evil.example" } });
  expect([response.status, response.headers.get("allow")]).toEqual([status, allow]);
  expect([...response.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
});

test.each(["/healthz", "/", "/purges"])("HEAD of %s says how long GET's body is", async (path) => {
  const { app } = openApp();
  const [head, got] = [await app.request(path, { method: "HEAD" }), await app.request(path)];
  expect([head.status, head.body]).toEqual([got.status, null]);
  expect(Number(head.headers.get("content-length"))).toBe((await got.bytes()).length);
});

test("HEAD of what would go on for ever lets it end", async () => {
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  const endless: Route = {
    ...{ method: "GET", path: "/events", summary: "without end", audience: "operator" },
    answer: "text/event-stream",
    respond: () =>
      new Response(new ReadableStream({ cancel: () => leave() }), {
        headers: { "Content-Type": "text/event-stream" },
      }),
  };
  const app = createAdminApp({ routes: [endless], onError: () => undefined });
  const response = await app.request("/events", { method: "HEAD" });
  expect([response.status, response.body]).toEqual([200, null]);
  await left;
});

describe("health", () => {
  const ready = { number: 1, pid: 7, state: "ready", deaths: 0 } as const;
  const keeper = { state: "ready" } as const;
  const calm = { workers: [ready], keeper, draining: false, troubles: [], now: 100_000 };

  test("is good when every worker is ready and nothing happened", () => {
    expect(judgeHealth(calm)).toEqual({ status: "ok", reasons: [] });
  });

  test.each(["starting", "waiting", "stopping", "stopped"] as const)(
    "a worker that is %s is down",
    (state) => {
      const workers = [ready, { number: 2, pid: undefined, state, deaths: 1 }];
      expect(judgeHealth({ ...calm, workers }).reasons).toEqual([`worker 2 is down (${state})`]);
    },
  );

  test.each(["starting", "waiting", "stopping", "stopped"] as const)(
    "a keeper that is %s is down",
    (state) => {
      expect(judgeHealth({ ...calm, keeper: { state } }).reasons).toEqual([
        `the keeper of the disk is down (${state})`,
      ]);
    },
  );

  test("a proxy that stops says so, and does not complain of its processes besides", () => {
    const workers = [{ number: 1, pid: 7, state: "stopping", deaths: 0 } as const];
    const keeper = { state: "stopped" } as const;
    expect(judgeHealth({ ...calm, workers, keeper, draining: true }).reasons).toEqual([
      "the proxy is stopping",
    ]);
  });

  test.each(["EMFILE", "ENFILE"])("descriptors that run out (%s) are no matter of the store", (code) => {
    const troubles = [{ at: 100_000, code, message: "worker 1: 64 of 64 are in use" }];
    expect(judgeHealth({ ...calm, troubles })).toEqual({
      status: "degraded",
      reasons: ["descriptors run out: worker 1: 64 of 64 are in use"],
    });
    expect(judgeHealth({ ...calm, troubles: [{ code, message: "", at: 70_000 }] }).status).toBe("ok");
  });

  test.each([
    ["ENOSPC", 0, "degraded"],
    ["KEEPER_BEHIND", 0, "degraded"],
    ["EACCES", 29_999, "degraded"],
    ["SQLITE_FULL", 0, "degraded"],
    ["SQLITE_IOERR_WRITE", 0, "degraded"],
    ["ENOSPC", 30_000, "ok"],
    ["CONTROL_MESSAGE", 0, "ok"],
    ["CHECKSUM", 0, "ok"],
  ])("trouble %s %d ms ago: %s", (code, age, status) => {
    const troubles = [{ at: 100_000 - age, code, message: "worker 1: no room" }];
    const health = judgeHealth({ ...calm, troubles });
    expect(health.status).toBe(status as Health["status"]);
    expect(health.reasons).toEqual(status === "ok" ? [] : ["the store is degraded: worker 1: no room"]);
  });
});

test("GET /purges tells the last ones", async () => {
  const { app } = openApp();
  const response = await app.request("/purges");
  expect([response.status, await response.json()]).toEqual([200, { purges: [past] }]);
});
