import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Settings } from "../../src/config/schema.ts";
import { UsageError } from "../../src/config/usage-error.ts";
import type { Configuration } from "../../src/supervisor/configuration.ts";
import { FleetError } from "../../src/supervisor/fleet-error.ts";
import { createReload } from "../../src/supervisor/reload.ts";
import { settle, watch } from "./fake-clock.ts";
import { somePlan, someSettings } from "./fake-workers.ts";

const leftovers: (() => void)[] = [];
afterEach(() => {
  for (const remove of leftovers.splice(0)) remove();
});

/** A reload whose file and processes are in the test's hand. */
function openReload(first: Configuration = { settings: someSettings, plan: somePlan }) {
  const scene = {
    wanted: first,
    refusal: undefined as Error | undefined,
    /** What the workers are waited for. */
    acting: Promise.resolve(),
    acts: [] as string[],
    journal: [] as string[],
    reads: 0,
    checks: 0,
  };
  const started = Promise.withResolvers<void>();
  const say = (level: string) => (message: string) => void scene.journal.push(`${level} ${message}`);
  const act = async (name: string) => {
    scene.acts.push(name);
    await scene.acting;
  };
  const reload = createReload({
    first,
    source: {
      async read() {
        scene.reads += 1;
        if (scene.refusal !== undefined) throw scene.refusal;
        return { ...scene.wanted, notices: [] };
      },
      async check() {
        scene.checks += 1;
        if (scene.refusal !== undefined) throw scene.refusal;
      },
    },
    acts: {
      configure: () => act("configure"),
      replaceWorkers: () => act("replace"),
      renewKeeper: () => void scene.acts.push("keeper"),
      stored: async () => ({ objects: 0 }),
    },
    journal: { ready: () => undefined, info: say("info"), warn: say("warn"), error: say("error") },
    started: started.promise,
  });
  return { scene, reload, start: started.resolve };
}

function openStarted(first?: Configuration) {
  const opened = openReload(first);
  opened.start();
  return opened;
}

function wanting(settings: Partial<Settings>): Configuration {
  return { settings: { ...someSettings, ...settings }, plan: somePlan };
}

describe("what is done for a change", () => {
  test.each<[string, Partial<Settings>, string[]]>([
    ["a lifetime: the workers hear of it as they run", { defaultTtl: 1_000 }, ["configure"]],
    ["a timeout", { originTimeout: 1_000 }, ["configure"]],
    ["the number of workers: others begin", { workers: 3 }, ["replace"]],
    ["the port", { port: 9999 }, ["replace"]],
    ["both", { workers: 3, defaultTtl: 1_000 }, ["replace"]],
    ["the room on the disk: another keeper as well", { disk: 5_000_000 }, ["replace", "keeper"]],
  ])("%s", async (_, settings, acts) => {
    const { scene, reload } = openStarted();
    scene.wanted = wanting(settings);
    const { changes } = await reload.request();
    expect(changes).not.toEqual([]);
    expect(scene.acts).toEqual(acts);
    expect(reload.current).toEqual(scene.wanted);
    expect(scene.journal).toEqual(changes.map((change) => `info reload: ${change}`));
  });

  test("nothing is done where nothing has changed, and that is told", async () => {
    const { scene, reload } = openStarted();
    expect(await reload.request()).toEqual({ changes: [], notices: [] });
    expect([scene.acts, scene.journal]).toEqual([[], ["info reload: nothing has changed"]]);
  });

  test("what can change at a start only stays as it is, is told of, and keeps nothing else from acting", async () => {
    const { scene, reload } = openStarted();
    scene.wanted = wanting({ cacheDir: "/elsewhere", log: "off", defaultTtl: 1_000 });
    expect(await reload.request()).toEqual({
      changes: ["default-ttl changed from nothing to 1s"],
      notices: ["cache-dir changes at the next start", "log changes at the next start"],
    });
    expect(reload.current).toEqual(wanting({ defaultTtl: 1_000 }));
    await reload.request();
    // Each time it is answered, but the journal is told once.
    expect(scene.journal.filter((line) => line.startsWith("warn"))).toHaveLength(2);
  });
});

describe("what cannot act changes nothing", () => {
  test("a file with something wrong: nothing is done, and it is told why", async () => {
    const { scene, reload } = openStarted();
    scene.refusal = new UsageError("a.toml:3:1: lifetim is no setting", "a.toml:9:1: hots is none either");
    await expect(reload.request()).rejects.toThrow(scene.refusal);
    expect(scene.acts).toEqual([]);
    expect(scene.journal).toEqual([
      "error nothing is reloaded: a.toml:3:1: lifetim is no setting",
      "error nothing is reloaded: a.toml:9:1: hots is none either",
    ]);
    expect(reload.current).toEqual(wanting({}));
  });

  test("workers that cannot begin: the keeper stays as well, and the next reload tries it again", async () => {
    const { scene, reload } = openStarted();
    scene.wanted = wanting({ disk: 5_000_000 });
    scene.acting = Promise.reject(new FleetError("worker 1 ended with code 7 before it was ready"));
    await expect(reload.request()).rejects.toThrow(FleetError);
    expect(scene.acts).toEqual(["replace"]);
    expect(reload.current).toEqual(wanting({}));
    scene.acting = Promise.resolve();
    await reload.request();
    expect(scene.acts).toEqual(["replace", "replace", "keeper"]);
  });

  test("the end: nothing is read any more", async () => {
    const { scene, reload } = openStarted();
    reload.close();
    await expect(reload.request()).rejects.toThrow(new FleetError("cacheproxy is stopping"));
    expect(scene.reads).toBe(0);
  });
});

describe("several at once", () => {
  test("those that come while one is under way are one, which begins when that has ended", async () => {
    const { scene, reload } = openStarted();
    const holding = Promise.withResolvers<void>();
    scene.acting = holding.promise;
    scene.wanted = wanting({ defaultTtl: 1_000 });
    const first = reload.request();
    await settle();
    const others = [reload.request(), reload.request(), reload.request()];
    await settle();
    expect(scene.reads).toBe(1);
    scene.wanted = wanting({ defaultTtl: 2_000 });
    holding.resolve();
    expect((await first).changes).toEqual(["default-ttl changed from nothing to 1s"]);
    for (const other of others) expect((await other).changes).toEqual(["default-ttl changed from 1s to 2s"]);
    expect(scene.reads).toBe(2);
  });

  test("one that failed does not keep the next one from its turn", async () => {
    const { scene, reload } = openStarted();
    scene.refusal = new UsageError("a.toml is empty");
    const failing = reload.request().catch(() => "failed");
    await settle();
    scene.refusal = undefined;
    expect([await failing, (await reload.request()).changes]).toEqual(["failed", []]);
  });

  test("none begins before cacheproxy serves", async () => {
    const { scene, reload, start } = openReload();
    const state = watch(reload.request());
    await settle();
    expect([scene.reads, state.settled]).toEqual([0, false]);
    start();
    await settle();
    expect([scene.reads, state.settled]).toEqual([1, true]);
  });
});

describe("certificates that are renewed", () => {
  function openWithCertificate() {
    const directory = mkdtempSync(join(tmpdir(), "reload-"));
    leftovers.push(() => rmSync(directory, { recursive: true }));
    const files = { cert: join(directory, "shop.pem"), key: join(directory, "shop.key") };
    writeFileSync(files.cert, "certificate");
    writeFileSync(files.key, "key");
    const first = wanting({ certificates: [files] });
    const other = { cert: files.key, key: files.cert };
    return { ...openStarted(first), other, renew: () => writeFileSync(files.cert, "renewed") };
  }

  test("are noticed by a reload, and need other workers", async () => {
    const { scene, reload, renew } = openWithCertificate();
    renew();
    expect((await reload.request()).changes).toEqual(["the files of certificates are renewed"]);
    expect((await reload.request()).changes).toEqual([]);
    expect(scene.acts).toEqual(["replace"]);
  });

  test("are told as others where others are named, and not as renewed", async () => {
    const { scene, reload, other } = openWithCertificate();
    scene.wanted = wanting({ certificates: [other] });
    expect((await reload.request()).changes).toEqual(["the certificates are others"]);
  });

  test("are noticed without one, and then the file is not read", async () => {
    const { scene, reload, renew } = openWithCertificate();
    await reload.lookAtCertificates();
    expect([scene.checks, scene.acts]).toEqual([0, []]);
    renew();
    await reload.lookAtCertificates();
    await reload.lookAtCertificates();
    expect([scene.checks, scene.reads, scene.acts]).toEqual([1, 0, ["replace"]]);
  });

  test("that do not fit their key change nothing, until they do", async () => {
    const { scene, reload, renew } = openWithCertificate();
    renew();
    scene.refusal = new UsageError("shop.key is not the key of shop.pem");
    await reload.lookAtCertificates();
    expect(scene.journal).toEqual(["error nothing is reloaded: shop.key is not the key of shop.pem"]);
    scene.refusal = undefined;
    await reload.lookAtCertificates();
    expect(scene.acts).toEqual(["replace"]);
  });
});
