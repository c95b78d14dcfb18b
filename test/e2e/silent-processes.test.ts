import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startOrigin } from "../fixtures/origin.ts";
import { get } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { startProxy, untilGone } from "./harness.ts";

const keep = stoppedAfterEach();

const workerSockets = (folder: string) => readdirSync(folder).filter((name) => name.startsWith("worker-"));

describe.skipIf(process.platform !== "linux")("with two workers", () => {
  test("a supervisor that is stopped holds up one miss of a worker at the most, and no other", async () => {
    const origin = keep(
      await startOrigin((exchange) => void exchange.respond(200, { "Cache-Control": "max-age=60" }, "hello")),
    );
    const proxy = keep(await startProxy(origin.url, { flags: ["--log", "off"] }));
    proxy.signal("SIGSTOP");
    try {
      const targets = Array.from({ length: 40 }, (_, index) => `/page-${index}`);
      const answers = await Promise.all(targets.map((target) => get(proxy.port, target)));
      expect(answers.every(({ text }) => text === "hello")).toBe(true);
      for (const target of targets) expect((await get(proxy.port, `${target}-again`)).text).toBe("hello");
    } finally {
      proxy.signal("SIGCONT");
    }
  });

  test("a supervisor that is killed and started again finds its workers sharing requests again", async () => {
    const cacheDir = await mkdtemp(join(tmpdir(), "cacheproxy-silent-"));
    keep({ stop: () => rm(cacheDir, { recursive: true }) });
    const origin = keep(await startOrigin(() => undefined));
    const first = keep(await startProxy(origin.url, { cacheDir, flags: ["--log", "off"] }));
    await first.kill();
    const second = keep(await startProxy(origin.url, { cacheDir, flags: ["--log", "off"] }));
    expect(workerSockets(cacheDir)).toHaveLength(2);
    const gate = Promise.withResolvers<void>();
    origin.answer(async (exchange) => {
      await gate.promise;
      await exchange.respond(200, { "Cache-Control": "max-age=60" }, "shared");
    });
    const answers = Array.from({ length: 40 }, () => get(second.port, "/page"));
    await origin.untilExchange(1);
    gate.resolve();
    expect((await Promise.all(answers)).every(({ text }) => text === "shared")).toBe(true);
    expect(origin.requests).toHaveLength(1);
  });

  test("a worker that is killed leaves no socket behind", async () => {
    const origin = keep(await startOrigin(() => undefined));
    const proxy = keep(await startProxy(origin.url, { flags: ["--log", "off"] }));
    const [victim] = await proxy.workerPids();
    if (victim === undefined) throw new Error("there should be workers");
    const before = workerSockets(proxy.cacheDir);
    process.kill(victim, "SIGKILL");
    await untilGone(victim);
    while (before.every((name) => workerSockets(proxy.cacheDir).includes(name))) await Bun.sleep(20);
    expect(workerSockets(proxy.cacheDir).length).toBeLessThanOrEqual(2);
  });
});
