import { describe, expect, test } from "bun:test";
import { startOrigin } from "../fixtures/origin.ts";
import { get } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { binary, type RunningProxy, runBinary, startProxy } from "./harness.ts";
import { Lines } from "./lines.ts";
import { Visitor } from "./visitor.ts";

const keep = stoppedAfterEach();

/** "/own" may not be stored, "/broken" fails, all else may be stored. */
async function proxyWithoutLog(): Promise<RunningProxy> {
  const origin = keep(
    await startOrigin((exchange) => {
      const { target } = exchange.request;
      const lasting = target.startsWith("/own") ? "no-store" : "max-age=60";
      // The short cut is for what says its type.
      const fields = { "Cache-Control": lasting, "Content-Type": "text/plain" };
      return void exchange.respond(target === "/broken" ? 500 : 200, fields, "hello");
    }),
  );
  return keep(await startProxy(origin.url, { flags: ["--log", "off"] }));
}

const log = ({ cacheDir }: RunningProxy, ...words: string[]) =>
  runBinary(["log", "--cache-dir", cacheDir, ...words]);

/** What `log --follow` says, until it is stopped. */
function follow({ cacheDir }: RunningProxy, ...words: string[]) {
  const child = Bun.spawn([binary, "log", "--cache-dir", cacheDir, "--follow", ...words], {
    env: { PATH: process.env["PATH"] ?? "" },
    stdout: "pipe",
    stderr: "pipe",
  });
  const { exited } = child;
  return keep({
    exited,
    stdout: new Lines(child.stdout, "stdout"),
    stderr: new Lines(child.stderr, "stderr"),
    async stop() {
      child.kill();
      await exited;
    },
  });
}

const targetsIn = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).target);

describe("with two workers and --log off", () => {
  test("the last requests are told, by what is so of them, and one in full", async () => {
    const proxy = await proxyWithoutLog();
    // Of each answer more than two workers can have given for the first time.
    for (const target of ["/a", "/a", "/a", "/own?\u0009", "/broken"])
      await get(proxy.port, encodeURI(target));

    const all = await log(proxy, "--json");
    // Two workers may reckon the same millisecond a little differently.
    expect([all.code, targetsIn(all.stdout).sort()]).toEqual([0, ["/a", "/a", "/a", "/broken", "/own?%09"]]);
    const broken = await log(proxy, "--where", "status=5xx cache=MISS");
    expect(broken.stdout).toMatch(/^[12]-\d+ +\d\d:\d\d:\d\d\.\d{3} MISS +500 GET .*cache\.test\/broken /);
    const hits = await log(proxy, "--json", "--where", "path=/a reason=hit-fresh");
    // The other worker may not have found it yet when it was asked for it first.
    expect(new Set(targetsIn(hits.stdout))).toEqual(new Set(["/a"]));
    expect(await log(proxy, "--where", "status=404")).toEqual({
      code: 3,
      stdout: "",
      stderr: "cacheproxy: none of the last requests is so: status=404\n",
    });
    const wrong = await log(proxy, "--where", "statsu=404");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("did you mean status?")]);

    const [id = ""] = broken.stdout.split(" ");
    const one = await log(proxy, "--explain", id);
    expect(one.code).toBe(0);
    expect(one.stdout).toStartWith(`${id}  GET http://cache.test/broken\n`);
    expect(one.stdout).toContain("cache     MISS: ");
    const parsed = JSON.parse((await log(proxy, "--explain", id, "--json")).stdout);
    expect(parsed).toMatchObject({
      request: { id, status: 500 },
      now: { method: "GET", steps: expect.anything() },
    });
    expect((await log(proxy, "--explain", "2-99999")).code).toBe(3);
    expect((await log(proxy, "--explain", "all")).code).toBe(2);
  });

  test("requests are followed as they come, those before them first, until cacheproxy ends", async () => {
    const proxy = await proxyWithoutLog();
    await get(proxy.port, "/before");
    const followed = follow(proxy, "--json", "--where", "path!=/other");
    await followed.stdout.until(/"target":"\/before"/);
    for (const target of ["/other", "/after", "/after?2"]) await get(proxy.port, target);
    await followed.stdout.many(/"target":"\/after/, 2);
    await proxy.stop();
    expect(await followed.exited).toBe(0);
    const [first, ...others] = targetsIn(followed.stdout.text);
    expect([first, ...others.sort()]).toEqual(["/before", "/after", "/after?2"]);
  });
});

test("a hit that takes the short cut is one of the last requests, though nobody timed it", async () => {
  const proxy = await proxyWithoutLog();
  const visitor = keep(await Visitor.to(proxy.port));
  for (let request = 0; request < 4; request++) await visitor.get("/page");
  const { stdout } = await log(proxy, "--json");
  const told = stdout.trimEnd().split("\n");
  const facts = told.map((line) => {
    const { cache, milliseconds, target, bytes, status } = JSON.parse(line);
    return [cache, milliseconds > 0, target, bytes, status];
  });
  expect(facts).toHaveLength(4);
  expect(facts[0]).toEqual(["MISS", true, "/page", 5, 200]);
  expect(facts.at(-1)).toEqual(["HIT", false, "/page", 5, 200]);
});

test.skipIf(process.platform !== "linux")(
  "a worker that is stopped holds up nobody who looks: the other tells what it knows",
  async () => {
    const proxy = await proxyWithoutLog();
    for (let request = 0; request < 40; request++) await get(proxy.port, `/page-${request}`);
    const [stopped = 0] = await proxy.workerPids();
    process.kill(stopped, "SIGSTOP");
    try {
      const { code, stdout } = await log(proxy, "--limit", "100", "--json");
      expect(code).toBe(0);
      const workers = new Set(
        stdout
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line).id.split("-")[0]),
      );
      expect(workers.size).toBe(1);
    } finally {
      process.kill(stopped, "SIGCONT");
    }
  },
);
