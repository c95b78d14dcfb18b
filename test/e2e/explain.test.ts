import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Explanation } from "../../src/control/explanation.ts";
import { startOrigin } from "../fixtures/origin.ts";
import { get } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { runBinary, startProxy } from "./harness.ts";

/** What would become of a request, asked at the operator's door of two workers and a keeper. */

const keep = stoppedAfterEach();

async function start() {
  const origin = keep(
    await startOrigin((exchange) => void exchange.respond(200, { "Cache-Control": "max-age=60" }, "hello")),
  );
  const proxy = keep(await startProxy(origin.url, { flags: ["--log", "off"] }));
  async function explain(query: string): Promise<Explanation> {
    const answer = await fetch(`http://localhost/explain?${query}`, {
      unix: join(proxy.cacheDir, "admin.sock"),
    });
    if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Explanation;
  }
  return { origin, proxy, explain };
}

test("a miss, then a hit; and with fetch the origin is asked once, and nothing is stored", async () => {
  const { origin, proxy, explain } = await start();
  expect((await explain("url=/page")).outcome).toEqual({ kind: "miss", reason: "miss", status: null });
  expect(origin.requests).toHaveLength(0);
  const { fetched } = await explain("url=/page&fetch=1");
  expect(fetched).toMatchObject({ status: 200, isStored: true, reason: "stored-explicit", lifetime: 60 });
  expect(origin.requests).toHaveLength(1);
  const page = await get(proxy.port, "/page", { Host: `localhost:${proxy.port}` });
  expect(page.field("x-cache")).toBe("MISS");
  // Also by the worker that has not fetched it: once it is a row, all find it.
  let facts = await explain("url=/page");
  while (facts.outcome.kind !== "hit") facts = await explain("url=/page");
  expect(facts.stored).toMatchObject([{ isSelected: true, size: 5, lifetime: 60 }]);
  expect(facts.steps.length).toBeGreaterThan(0);
});

test("the command asks as the client would: by its method, from its address, with its fields", async () => {
  const { proxy } = await start();
  const words = ["-X", "PUT", "--from", "192.0.2.7", "-H", "Cookie: session=anna", "--json"];
  const { stdout } = await runBinary(["explain", ...words, "/page", "--cache-dir", proxy.cacheDir]);
  expect(JSON.parse(stdout)).toMatchObject({
    method: "PUT",
    client: "192.0.2.7",
    sender: { by: ["cookie session"] },
    outcome: { kind: "pass" },
  });
});

test.skipIf(process.platform !== "linux")(
  "a worker that is stopped keeps nobody from an answer",
  async () => {
    const { proxy, explain } = await start();
    const [first] = await proxy.workerPids();
    if (first === undefined) throw new Error("there should be workers");
    process.kill(first, "SIGSTOP");
    try {
      const { outcome, fetched } = await explain("url=/page&fetch=1");
      expect([outcome.kind, fetched?.status]).toEqual(["miss", 200]);
    } finally {
      process.kill(first, "SIGCONT");
    }
  },
);

test("the rule that is advised is copied into the file of a proxy whose flags name the origin, and a reload makes it so", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cacheproxy-advised-"));
  keep({ stop: () => rm(folder, { recursive: true }) });
  const file = join(folder, "cacheproxy.toml");
  await Bun.write(file, 'log = "off"\n');
  const origin = keep(await startOrigin((exchange) => void exchange.respond(200, {}, "hello")));
  const proxy = keep(await startProxy(origin.url, { flags: ["--config", file] }));
  const run = (...words: readonly string[]) =>
    runBinary([...words, "--cache-dir", proxy.cacheDir, "--config", file]);
  const url = `http://localhost:${proxy.port}/page`;
  const { advice } = JSON.parse((await run("explain", url, "--fetch", "--json")).stdout) as Explanation;
  const copied = advice.find(({ where }) => where === "file")?.copy;
  await Bun.write(file, `log = "off"\n\n${copied}\n`);
  expect(await run("reload")).toMatchObject({ code: 0, stderr: "" });
  const words = async () => {
    const page = await get(proxy.port, "/page", { Host: `localhost:${proxy.port}` });
    return page.field("x-cache");
  };
  expect(await words()).toBe("MISS");
  expect(await words()).toBe("HIT");
  expect(await run("explain", url)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("Answered from the cache."),
  });
});
