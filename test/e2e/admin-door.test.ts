import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "bun:test";
import { startOrigin } from "../fixtures/origin.ts";
import { freePort } from "../fixtures/port.ts";
import { ask, connectTo, get, requestText } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { type RunningProxy, startProxy } from "./harness.ts";
import { until } from "./visitor.ts";

const keep = stoppedAfterEach();
const own = { Host: "localhost" };

interface OpenDoor {
  readonly proxy: RunningProxy;
  /** Where the door is. */
  readonly admin: number;
  /** What the file says now. */
  readonly token: () => string;
  readonly tokenPath: string;
}

async function openDoor(...flags: string[]): Promise<OpenDoor> {
  const origin = keep(await startOrigin((exchange) => void exchange.respond(200, {}, "a page")));
  const admin = await freePort();
  const proxy = keep(await startProxy(origin.url, { flags: ["--admin", `${admin}`, ...flags] }));
  const tokenPath = join(proxy.cacheDir, "admin.token");
  return { proxy, admin, tokenPath, token: () => readFileSync(tokenPath, "utf8").trim() };
}

function fileWith(text: string): { readonly path: string; stop(): Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), "admin-door-"));
  const path = join(folder, "cache.toml");
  writeFileSync(path, `${text}\n`);
  return { path, stop: async () => rmSync(folder, { recursive: true, force: true }) };
}

function bearing(token: string): Record<string, string> {
  return { ...own, Authorization: `Bearer ${token}` };
}

async function readiness(admin: number): Promise<[status: number, text: string]> {
  const { status, text } = await get(admin, "/readyz", own);
  return [status, text];
}

test("who has the token of the file gets what there is, others what is open; nothing else gets past", async () => {
  const { proxy, admin, token, tokenPath } = await openDoor();
  expect(statSync(tokenPath).mode & 0o777).toBe(0o600);
  expect((await get(admin, "/stats", bearing(token()))).status).toBe(200);
  expect((await get(join(proxy.cacheDir, "admin.sock"), "/stats", own)).status).toBe(200);
  const { text } = await get(admin, "/openapi.json", own);
  const { paths } = JSON.parse(text) as { paths: Record<string, { get?: { security: object[] } }> };
  expect(Object.keys(paths).length).toBeGreaterThan(8);
  for (const [path, operations] of Object.entries(paths)) {
    const isOpen = ["/", "/openapi.json", "/healthz", "/readyz"].includes(path);
    const method = operations.get === undefined ? "POST" : "GET";
    const { status } = await ask(admin, requestText(method, path, { ...own, Connection: "close" }));
    expect([path, status]).toEqual([path, isOpen ? 200 : 401]);
  }
});

const refused: readonly [what: string, request: string, status: number][] = [
  ["a name that points here", requestText("GET", "/healthz", { Host: "evil.example" }), 421],
  ["two names", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 421],
  ["no name", "GET /healthz HTTP/1.0\r\n\r\n", 421],
  ["a page that hides where it is from", requestText("GET", "/healthz", { ...own, Origin: "null" }), 403],
  ["another port", requestText("GET", "/healthz", { ...own, Origin: "http://localhost:81" }), 403],
  [
    "a form of another site",
    requestText("POST", "/purge", { ...own, "Sec-Fetch-Site": "cross-site", "Content-Length": "0" }),
    403,
  ],
  ["a path with dots", requestText("GET", "/healthz/../stats", own), 401],
  ["a path in other letters", requestText("GET", "/%73tats", own), 401],
  ["the absolute form", requestText("GET", "http://evil.example/stats", own), 401],
  ["a body that never comes", requestText("POST", "/purge", { ...own, "Content-Length": "1000000" }), 401],
  ["fields without end", requestText("GET", "/stats", { ...own, X: "x".repeat(70_000) }), 431],
];

test("what comes from elsewhere, or without the token, is refused at once, however it is written", async () => {
  const { admin } = await openDoor();
  for (const [what, request, status] of refused)
    expect([what, (await ask(admin, request)).status]).toEqual([what, status]);
});

test("a token that others could read is none any more", async () => {
  const { admin, token, tokenPath, proxy } = await openDoor("--log", "off");
  const first = token();
  chmodSync(tokenPath, 0o644);
  expect((await get(admin, "/stats", bearing(first))).status).toBe(401);
  expect(token()).not.toBe(first);
  expect((await get(admin, "/stats", bearing(token()))).status).toBe(200);
  await proxy.stderr.until(/admin\.token was open to others/);
});

test("another token, and what is open, act by a reload", async () => {
  const { path: file } = keep(fileWith('admin-token = "the-first-of-the-tokens"'));
  const { admin } = await openDoor("--config", file);
  const statusOf = async (path: string, token: string) => (await get(admin, path, bearing(token))).status;
  expect(await statusOf("/stats", "the-first-of-the-tokens")).toBe(200);
  writeFileSync(file, 'admin-token = "another-of-the-tokens"\nadmin-open = "metrics"\n');
  const { status } = await ask(
    admin,
    `${requestText("POST", "/reload", {
      ...bearing("the-first-of-the-tokens"),
      "Content-Type": "application/json",
      "Content-Length": "2",
    })}{}`,
  );
  expect(status).toBe(200);
  expect(await statusOf("/stats", "another-of-the-tokens")).toBe(200);
  expect(await statusOf("/stats", "the-first-of-the-tokens")).toBe(401);
  expect((await get(admin, "/metrics", own)).status).toBe(200);
  expect((await get(admin, "/readyz", own)).status).toBe(401);
});

test("a token that is given is the only one, and metrics may be open", async () => {
  const given = "a-token-of-the-operator";
  const { admin, proxy } = await openDoor("--admin-token", given, "--admin-open", "metrics");
  expect(await Bun.file(join(proxy.cacheDir, "admin.token")).exists()).toBe(false);
  expect((await get(admin, "/stats", bearing(given))).status).toBe(200);
  expect((await get(admin, "/metrics", own)).status).toBe(200);
  expect((await get(admin, "/healthz", own)).status).toBe(401);
  expect(`${proxy.stdout.text}${proxy.stderr.text}`).not.toContain(given);
});

test("a browser gets a page that runs nothing else", async () => {
  const { admin } = await openDoor();
  const page = await get(admin, "/", { ...own, Accept: "text/html,*/*;q=0.8" });
  expect(page.field("content-type")).toStartWith("text/html");
  expect(page.field("content-security-policy")).toStartWith("default-src 'none'; script-src 'sha256-");
  expect(page.field("x-content-type-options")).toBe("nosniff");
  expect(page.field("referrer-policy")).toBe("no-referrer");
  expect(page.field("cache-control")).toBe("no-cache");
  expect(page.field("vary")).toBe("Accept, Accept-Encoding");
  expect((await get(admin, "/", { ...own, Accept: "*/*" })).field("content-type")).toStartWith("text/plain");
  const { text } = await get(admin, "/", { ...own, Accept: "application/json" });
  expect(JSON.parse(text)).toMatchObject({ routes: expect.any(Array) });
});

test("what describes the door to programs is OpenAPI", async () => {
  const { admin } = await openDoor();
  const { text } = await get(admin, "/openapi.json", own);
  expect(await new Validator().validate(JSON.parse(text))).toMatchObject({ valid: true });
});

test("hundreds who say nothing keep nobody out", async () => {
  const { admin, token, proxy } = await openDoor();
  const silent = await Promise.all(Array.from({ length: 500 }, () => connectTo(admin)));
  for (const client of silent) await client.send("POST /purge HTTP/1.1\r\nHost: localhost\r\nX: ");
  expect((await get(admin, "/stats", bearing(token()))).status).toBe(200);
  expect((await get(proxy.port, "/page")).status).toBe(200);
  for (const client of silent) client.close();
});

test.skipIf(process.platform !== "linux")(
  "clients are sent here while all workers serve and the origin answers; a worker that is stopped holds nobody up",
  async () => {
    const origin = keep(await startOrigin((exchange) => void exchange.respond(200, {}, "a page")));
    const admin = await freePort();
    const proxy = keep(await startProxy(origin.url, { flags: ["--admin", `${admin}`] }));
    expect(await readiness(admin)).toEqual([200, '{"status":"ready","reasons":[]}']);
    // One worker asks for both.
    expect(origin.requests).toHaveLength(1);
    const [stopped = 0] = await proxy.workerPids();
    process.kill(stopped, "SIGSTOP");
    try {
      await until(async () => /worker \d (does not answer|is down)/.test((await readiness(admin))[1]));
    } finally {
      process.kill(stopped, "SIGCONT");
    }
    await until(async () => (await readiness(admin))[0] === 200);
    await origin.stop();
    await get(proxy.port, "/page");
    await until(async () => (await readiness(admin))[1].includes("the origin does not answer"));
  },
);

test("from the moment of a stop on no client may be sent here", async () => {
  const origin = keep(await startOrigin(() => undefined));
  const admin = await freePort();
  const proxy = keep(await startProxy(origin.url, { flags: ["--admin", `${admin}`] }));
  const visit = get(proxy.port, "/slow");
  const slow = await origin.untilExchange(1);
  proxy.signal("SIGTERM");
  const stopping = [503, '{"status":"not ready","reasons":["the proxy is stopping"]}'];
  await until(async () => Bun.deepEquals(await readiness(admin), stopping));
  await slow.respond(200, {}, "a page");
  expect((await visit).text).toBe("a page");
  expect(await proxy.exited).toBe(0);
});
