import { describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Origin } from "../fixtures/origin.ts";
import { ask, requestText } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { startEdited } from "./edited.ts";
import { type RunningProxy, runBinary, startProxy } from "./harness.ts";
import { healthOf, restartWorkers, until } from "./visitor.ts";

/**
 * The keeper is the one process that writes to the disk. Whatever becomes of it, clients are answered, nobody gets what
 * was removed, and storing goes on by itself.
 */

const keep = stoppedAfterEach();

async function proxyBefore(origin: Origin): Promise<RunningProxy> {
  return keep(await startProxy(origin.url, { flags: ["--log", "off", "--memory", "16MB"] }));
}

interface Answer {
  readonly word: string | null;
  readonly edition: string;
}

/** On a connection of its own, so that each worker has its turn; every byte of the answer is looked at. */
async function get({ port }: Pick<RunningProxy, "port">, target: string): Promise<Answer> {
  const response = await ask(port, requestText("GET", target, { Connection: "close" }));
  expect(response.status).toBe(200);
  const [edition = "", path] = response.text.split(" ");
  expect(path).toBe(target);
  expect(response.text).toHaveLength(Number(target.split("/")[1]));
  return { word: response.field("X-Cache"), edition };
}

async function editions(proxy: RunningProxy, target: string): Promise<string[]> {
  const seen: string[] = [];
  for (let i = 0; i < 8; i++) seen.push((await get(proxy, target)).edition);
  return [...new Set(seen)];
}

async function post({ port }: RunningProxy, target: string): Promise<void> {
  const { status } = await ask(port, requestText("POST", target, { "Content-Length": "0" }));
  expect(status).toBe(201);
}

/** What is stored from now on is there after all workers have ended. */
async function untilStoring(proxy: RunningProxy, name: string): Promise<void> {
  for (let i = 0; ; i++) {
    const target = `/100/${name}-${i}`;
    await get(proxy, target);
    await restartWorkers(proxy);
    if ((await get(proxy, target)).word === "HIT") return;
  }
}

async function untilReplaced(proxy: RunningProxy, keeper: number): Promise<void> {
  await until(async () => (await proxy.keeperPid().catch(() => keeper)) !== keeper);
}

async function expectSound({ cacheDir }: RunningProxy): Promise<void> {
  const verified = await runBinary(["verify", "--cache-dir", cacheDir]);
  expect(verified.stdout).toContain("nothing wrong");
  expect(verified.code).toBe(0);
}

const signals = ["SIGKILL", "SIGSTOP"] as const;

describe.each(signals)("when the keeper gets %s", (signal) => {
  test("pages are answered meanwhile, and stored again by itself afterwards", async () => {
    const proxy = await proxyBefore(await startEdited(keep));
    await get(proxy, "/100/before");
    const keeper = await proxy.keeperPid();
    process.kill(keeper, signal);
    for (let i = 0; i < 50; i++) {
      expect((await get(proxy, `/100/meanwhile-${i}`)).edition).toBe("1");
      expect((await get(proxy, `/300000/meanwhile-${i % 5}`)).edition).toBe("1");
      expect((await get(proxy, "/100/before")).edition).toBe("1");
    }
    await untilReplaced(proxy, keeper);
    await untilStoring(proxy, "afterwards");
    await expectSound(proxy);
  }, 40_000);

  test.each(["/100/page", "/300000/page"])(
    "what a POST removes meanwhile is nobody's, in no worker, nor afterwards: %s",
    async (target) => {
      const proxy = await proxyBefore(await startEdited(keep));
      expect(await editions(proxy, target)).toEqual(["1"]);
      const keeper = await proxy.keeperPid();
      process.kill(keeper, signal);
      await post(proxy, target);
      expect(await editions(proxy, target)).toEqual(["2"]);
      await restartWorkers(proxy);
      expect(await editions(proxy, target)).toEqual(["2"]);
      await untilReplaced(proxy, keeper);
      await restartWorkers(proxy);
      expect(await editions(proxy, target)).toEqual(["2"]);
      await expectSound(proxy);
    },
    40_000,
  );

  test("a purge meanwhile says that it is served no more and is on the disk still, and is so", async () => {
    const proxy = await proxyBefore(await startEdited(keep));
    await editions(proxy, "/100/page");
    await post(proxy, "/100/other");
    const keeper = await proxy.keeperPid();
    process.kill(keeper, signal);
    const purge = await runBinary(["purge", "/100/page", "--cache-dir", proxy.cacheDir]);
    expect(await editions(proxy, "/100/page")).toEqual(["2"]);
    // A keeper that was killed may have been there again.
    if (purge.code !== 0) expect(purge.stderr).toContain("served no more, but is on the disk still");
    else expect(signal).toBe("SIGKILL");
    await untilReplaced(proxy, keeper);
    await restartWorkers(proxy);
    expect(await editions(proxy, "/100/page")).toEqual(["2"]);
  }, 90_000);
});

test("a keeper that is killed again and again while pages are stored leaves whole ones, and nothing stuck", async () => {
  const proxy = await proxyBefore(await startEdited(keep));
  let isOver = false;
  const killing = (async () => {
    for (let kills = 0; kills < 8; kills++) {
      const keeper = await proxy.keeperPid();
      process.kill(keeper, "SIGKILL");
      await untilReplaced(proxy, keeper);
    }
    isOver = true;
  })();
  const visiting = Array.from({ length: 8 }, async (_, client) => {
    for (let i = 0; !isOver; i++) {
      const size = [100, 5_000, 60_000, 200_000][i % 4];
      expect((await get(proxy, `/${size}/client-${client}-${i % 40}`)).edition).toBe("1");
    }
  });
  await Promise.all([killing, ...visiting]);
  await untilStoring(proxy, "afterwards");
  await expectSound(proxy);
}, 90_000);

test("the keeper's socket is made again when somebody removes it, and storing goes on", async () => {
  const proxy = await proxyBefore(await startEdited(keep));
  rmSync(join(proxy.cacheDir, "keeper.sock"));
  await restartWorkers(proxy);
  await untilStoring(proxy, "afterwards");
}, 40_000);

test("health and stats tell of a keeper that is away", async () => {
  const proxy = await proxyBefore(await startEdited(keep));
  const keeper = await proxy.keeperPid();
  process.kill(keeper, "SIGKILL");
  await until(async () => (await healthOf(proxy)).reasons.some((reason) => reason.includes("keeper")));
  await until(async () => !(await healthOf(proxy)).reasons.some((reason) => reason.includes("is down")));
  const stats = await runBinary(["stats", "--json", "--cache-dir", proxy.cacheDir]);
  expect(JSON.parse(stats.stdout)).toMatchObject({ keeper: { state: "ready", deaths: 1 } });
});
