import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { closeSync, existsSync, openSync, readdirSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Stats } from "../../src/supervisor/admin/state-routes.ts";
import {
  atCleanUp,
  cleanUp,
  makeDirectory,
  launch,
  start,
  readLines,
  untilLine,
  introduction,
  startReady,
  ask,
  isAlive,
  until,
  untilLinesAreDropped,
  untilHealthy,
  openStalledPipe,
  readPipe,
} from "./running.ts";

// Several processes a test, and the machine may have other things to do.
setDefaultTimeout(30_000);
afterEach(cleanUp);

describe("a supervisor with its workers", () => {
  test("says that it listens, drains on SIGTERM, writes the last lines and exits 0", async () => {
    const running = await startReady("serve");
    expect(JSON.parse(running.ready)).toMatchObject({
      level: "info",
      message: `Cache proxy is listening on port ${running.port} ...`,
    });
    running.child.kill("SIGTERM");
    await running.untilLine("begun");
    await running.untilLine("done");
    expect(await running.child.exited).toBe(0);
    expect(await running.stderr()).toBe("");
    expect(readdirSync(running.directory)).not.toContain("admin.sock");
  });

  test.each(["pretty", "off"] as const)("says it plainly with --log %s", async (log) => {
    const running = await startReady("serve", { log });
    expect(running.ready).toBe(`Cache proxy is listening on port ${running.port} ...`);
  });

  test("waits for what is in flight, and tells by health that it stops", async () => {
    const running = await startReady("stay");
    expect((await ask(running, "/healthz")).status).toBe(200);
    running.child.kill("SIGINT");
    await running.untilLine("begun");
    const health = await ask(running, "/healthz");
    expect(health.status).toBe(503);
    expect(await health.json()).toEqual({ status: "degraded", reasons: ["the proxy is stopping"] });
    expect(running.child.exitCode).toBeNull();
    writeFileSync(join(running.directory, "release"), "");
    expect(await running.child.exited).toBe(0);
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("a second signal, %s, ends workers and all with code %d", async (signal, code) => {
    const running = await startReady("stay");
    running.child.kill("SIGTERM");
    await running.untilLine("begun");
    running.child.kill(signal);
    expect(await running.child.exited).toBe(code);
    expect(isAlive(running.worker.pid)).toBe(false);
  });

  test("workers do not heed signals themselves: Ctrl-C goes to the whole group", async () => {
    const running = await startReady("serve");
    process.kill(running.worker.pid, "SIGINT");
    process.kill(running.worker.pid, "SIGTERM");
    const stats = (await (await ask(running, "/stats")).json()) as { workers: unknown[]; counters: unknown };
    expect(stats.workers).toEqual([{ number: 1, pid: running.worker.pid, state: "ready", deaths: 0 }]);
    expect(stats.counters).toMatchObject({ requests: 2 });
  });

  test.each(["SIGUSR1", "SIGUSR2"] as const)(
    "%s ends nobody, and is answered with a line",
    async (signal) => {
      const running = await startReady("serve");
      process.kill(running.worker.pid, signal);
      running.child.kill(signal);
      expect(JSON.parse(await running.untilLine(signal))).toMatchObject({ level: "info" });
      const stats = (await (await ask(running, "/stats")).json()) as Stats;
      expect(stats.workers).toEqual([{ number: 1, pid: running.worker.pid, state: "ready", deaths: 0 }]);
      running.child.kill("SIGTERM");
      expect(await running.child.exited).toBe(0);
    },
  );

  test("SIGUSR1 is told that a file which the caller opened cannot be opened anew", async () => {
    const directory = makeDirectory();
    const path = join(directory, "log");
    const end = openSync(path, "a");
    atCleanUp(() => closeSync(end));
    const child = await launch("serve", { workers: 1 }, directory, end);
    await untilHealthy({ directory });
    child.kill("SIGUSR1");
    await untilLine(readLines(child.stderr), "copytruncate");
  });

  test("a worker that is killed is replaced", async () => {
    const running = await startReady("serve");
    process.kill(running.worker.pid, "SIGKILL");
    const death = JSON.parse(await running.untilLine("ended by")) as Record<string, string>;
    expect(death).toMatchObject({
      level: "error",
      message: "worker 1 was ended by SIGKILL; it is started again in 100 ms",
    });
    await running.untilLine("worker 1 is back");
    const { pid } = await introduction(running);
    expect(pid).not.toBe(running.worker.pid);
    expect(isAlive(pid)).toBe(true);
  });

  test("a worker that is stopped is replaced, and told of", async () => {
    const running = await startReady("serve");
    process.kill(running.worker.pid, "SIGSTOP");
    expect(await running.untilLine("UNRESPONSIVE")).toContain("worker 1: no answer for 3 s: it is stopped");
    await running.untilLine("worker 1 is back");
    expect(isAlive(running.worker.pid)).toBe(false);
  });

  test("a worker that spins is replaced, and told of", async () => {
    const running = await startReady("spin");
    expect(await running.untilLine("UNRESPONSIVE")).toContain("it runs in a loop that does not end");
    await running.untilLine("worker 1 is back");
    expect(isAlive(running.worker.pid)).toBe(false);
    // It has to get three seconds of processor time, which on a busy machine takes a while.
  }, 120_000);

  test("workers that lose the supervisor are told so", async () => {
    const running = await startReady("serve");
    running.child.kill("SIGKILL");
    await until(() => existsSync(join(running.directory, `lost-${running.worker.pid}`)));
  });

  test("workers get a small environment of their own", async () => {
    const { worker } = await startReady("serve");
    expect(worker.variables).toContain("BUN_CONFIG_MAX_HTTP_REQUESTS");
    expect(worker.variables).not.toContain("ORIGIN_PASSWORD");
  });

  test.each([
    ["fail", "cacheproxy: error: port 8888 is taken\n"],
    ["die", "cacheproxy: error: worker 1 ended with code 7 before it was ready\n"],
  ])("workers that %s at the first start end it with code 1 and one line", async (role, line) => {
    const running = await start(role, { workers: 1, log: "pretty" });
    expect(await running.child.exited).toBe(1);
    expect(await running.stderr()).toBe(line);
  });

  test("a purge over the socket reaches the keeper and the workers", async () => {
    const running = await startReady("serve");
    const response = await ask(running, "/purge", {
      method: "POST",
      body: '{"all":true}',
      headers: { "Content-Type": "application/json" },
    });
    expect(await response.json()).toMatchObject({ purged: 4, lookedFor: "all there is" });
  });

  test("the socket is its user's alone, and a dead supervisor's does not stand in the way", async () => {
    const killed = await startReady("serve");
    const socket = join(killed.directory, "admin.sock");
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    killed.child.kill("SIGKILL");
    await killed.child.exited;
    expect(existsSync(socket)).toBe(true);
    const next = await startReady("serve", {}, killed.directory);
    expect((await ask(next, "/healthz")).status).toBe(200);
  });
});

describe("a second supervisor", () => {
  test("on the cache directory of one that serves is refused with one line and code 2", async () => {
    const first = await startReady("serve");
    const second = await start("serve", { workers: 1 }, first.directory);
    expect(await second.child.exited).toBe(2);
    expect(await second.stderr()).toBe(
      `--cache-dir ${first.directory}: the cache directory is in use by another cacheproxy\n`,
    );
    expect((await ask(first, "/healthz")).status).toBe(200);
  });

  test("waits for one that drains, says so, and then serves", async () => {
    const first = await startReady("stay");
    first.child.kill("SIGTERM");
    await first.untilLine("begun");
    const second = await start("serve", { workers: 1, port: first.port }, first.directory);
    expect(await second.untilLine("waiting")).toContain(
      `--cache-dir ${first.directory}: the cache directory is in use by a cacheproxy that stops or does not answer; waiting for up to 30 s`,
    );
    expect(first.child.exitCode).toBeNull();
    writeFileSync(join(first.directory, "release"), "");
    await second.untilLine(`listening on port ${first.port}`);
    expect(await first.child.exited).toBe(0);
    expect((await ask(second, "/healthz")).status).toBe(200);
  });

  test("that waits ends at once when it is told to stop, with code 0", async () => {
    const first = await startReady("stay");
    first.child.kill("SIGTERM");
    await first.untilLine("begun");
    const second = await start("serve", { workers: 1 }, first.directory);
    await second.untilLine("waiting");
    second.child.kill("SIGTERM");
    expect(await second.child.exited).toBe(0);
    expect(await second.stderr()).toBe("");
  });

  test("gives up on one that is stopped when its patience ends, with code 2", async () => {
    const first = await startReady("serve");
    first.child.kill("SIGSTOP");
    const second = await start("serve", { workers: 1, takeover: 100 }, first.directory);
    expect(await second.child.exited).toBe(2);
    expect(await second.stderr()).toBe(
      `--cache-dir ${first.directory}: the cacheproxy that has the cache directory did not end within 0.1 s; end it, or wait longer with --takeover\n`,
    );
  });

  test.skipIf(process.platform !== "linux")(
    "on the same port is refused, and makes no cache directory",
    async () => {
      const first = await startReady("serve");
      const directory = join(makeDirectory(), "cache");
      const second = await start("serve", { workers: 1, port: first.port }, directory);
      expect(await second.child.exited).toBe(2);
      expect(await second.stderr()).toBe(
        `--port ${first.port} is taken by another cacheproxy, process ${first.child.pid}; it should be a free port\n`,
      );
      expect(existsSync(directory)).toBe(false);
    },
  );

  test.skipIf(process.platform !== "linux")(
    "on the same port begins while the first drains elsewhere",
    async () => {
      const first = await startReady("stay");
      first.child.kill("SIGTERM");
      await first.untilLine("begun");
      const second = await startReady("serve", { port: first.port });
      expect((await ask(second, "/healthz")).status).toBe(200);
      expect(first.child.exitCode).toBeNull();
      writeFileSync(join(first.directory, "release"), "");
    },
  );
});

describe("the reader of stdout", () => {
  test("may go away", async () => {
    const running = await start("chatter", { workers: 1 });
    await running.child.stdout.cancel();
    await untilLinesAreDropped(running);
    // The keeper, which starts at the same time, may not be there yet.
    while ((await ask(running, "/healthz")).status !== 200) await Bun.sleep(20);
    running.child.kill("SIGTERM");
    expect(await running.child.exited).toBe(0);
  });

  test("may stall: lines are dropped and told of, and all that arrive are whole", async () => {
    const directory = makeDirectory();
    const { path, end } = openStalledPipe(directory);
    await launch("chatter", { workers: 1 }, directory, end);
    await untilLinesAreDropped({ directory });

    // Every line before it is whole, too.
    const lines = readLines(readPipe(path));
    let message: string | undefined;
    while (!message?.endsWith("dropped")) {
      ({ message } = JSON.parse(await untilLine(lines, "")) as { message?: string });
    }
    expect(message).toMatch(/^\d+ log lines? dropped$/);
  });

  test("is waited for at the end, to take what waits for it", async () => {
    const directory = makeDirectory();
    const { path, end } = openStalledPipe(directory);
    const filler = `${"-".repeat(4095)}\n`;
    // The pipe takes no more after this; a line of the log cannot get into it.
    expect(() => {
      for (;;) writeSync(end, filler);
    }).toThrow("EAGAIN");
    const child = await launch("serve", { workers: 1 }, directory, end);
    await untilHealthy({ directory });
    child.kill("SIGTERM");
    await until(() => !existsSync(join(directory, "admin.sock")));
    await untilLine(readLines(readPipe(path)), "done");
    expect(await child.exited).toBe(0);
  });
});
