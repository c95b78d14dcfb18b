import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { indexPath } from "../../src/store/disk/index-format.ts";
import type { Stats } from "../../src/supervisor/admin/state-routes.ts";
import { someSettings } from "./fake-workers.ts";
import { type Running, cleanUp, startReady, ask, isAlive, untilHealthy } from "./running.ts";

// Several processes a test, and the machine may have other things to do.
setDefaultTimeout(30_000);
afterEach(cleanUp);

describe("a supervisor with its keeper", () => {
  async function statsOf(running: Running): Promise<Stats> {
    return (await (await ask(running, "/stats")).json()) as Stats;
  }

  async function keeperOf(running: Running): Promise<number> {
    const { pid } = (await statsOf(running)).keeper;
    if (pid === undefined) throw new Error("there is no keeper");
    return pid;
  }

  test("tells of it, and of what it holds, in the stats", async () => {
    const running = await startReady("serve");
    const { keeper, store } = await statsOf(running);
    expect(keeper).toMatchObject({ state: "ready", deaths: 0 });
    expect(isAlive(await keeperOf(running))).toBe(true);
    expect(store).toEqual({ objects: 2, bytes: 200, maxBytes: someSettings.disk });
  });

  test("replaces one that is killed, and serves meanwhile", async () => {
    const running = await startReady("serve");
    process.kill(await keeperOf(running), "SIGKILL");
    expect(JSON.parse(await running.untilLine("ended by"))).toMatchObject({
      level: "error",
      message: "the keeper was ended by SIGKILL; it is started again in 100 ms",
    });
    await running.untilLine("the keeper is back");
    expect((await statsOf(running)).keeper).toMatchObject({ state: "ready", deaths: 1 });
    expect(isAlive(running.worker.pid)).toBe(true);
  });

  test("replaces one that is stopped, and tells of it", async () => {
    const running = await startReady("serve");
    const keeper = await keeperOf(running);
    process.kill(keeper, "SIGSTOP");
    expect(await running.untilLine("UNRESPONSIVE")).toContain("keeper: no answer for 3 s: it is stopped");
    await running.untilLine("the keeper is back");
    expect(isAlive(keeper)).toBe(false);
  });

  test("listens two seconds after the workers are ready when the keeper is not, and is not well until it is", async () => {
    const running = await startReady("late");
    const health = await ask(running, "/healthz");
    expect(health.status).toBe(503);
    expect(await health.json()).toEqual({
      status: "degraded",
      reasons: ["the keeper of the disk is down (starting)"],
    });
    writeFileSync(join(running.directory, "keep"), "");
    await running.untilLine("keeper: keeps house");
    await untilHealthy(running);
  });

  test("says 503 to a purge that the keeper refuses, and notes it for the next start", async () => {
    const running = await startReady("refuse");
    const response = await ask(running, "/purge", {
      method: "POST",
      body: '{"all":true}',
      headers: { "Content-Type": "application/json" },
    });
    expect(response.status).toBe(503);
    expect(((await response.json()) as { error: string }).error).toBe(
      "what was named is served no more, but is on the disk still (database or disk is full); it is tried each second to remove it",
    );
    const note = `${indexPath(running.directory)}.unremoved`;
    expect(existsSync(note)).toBe(false);
    running.child.kill("SIGKILL");
    await running.child.exited;
    await startReady("serve", {}, running.directory);
    // The real keeper begins an empty index where it finds this.
    expect(existsSync(note)).toBe(true);
  });

  test("tells it to stop when the workers have ended", async () => {
    const running = await startReady("stay");
    const keeper = await keeperOf(running);
    running.child.kill("SIGTERM");
    await running.untilLine("begun");
    expect(existsSync(join(running.directory, "kept"))).toBe(false);
    expect(isAlive(keeper)).toBe(true);
    writeFileSync(join(running.directory, "release"), "");
    expect(await running.child.exited).toBe(0);
    expect(existsSync(join(running.directory, "kept"))).toBe(true);
    expect(isAlive(keeper)).toBe(false);
  });

  test("ends it with all else at the second signal", async () => {
    const running = await startReady("stay");
    const keeper = await keeperOf(running);
    running.child.kill("SIGTERM");
    await running.untilLine("begun");
    running.child.kill("SIGTERM");
    expect(await running.child.exited).toBe(143);
    expect(isAlive(keeper)).toBe(false);
  });
});
