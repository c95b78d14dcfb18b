import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stoppedAfterEach } from "./cleanup.ts";
import { binary, formatFolders, type ProxyOptions, type RunningProxy } from "./harness.ts";
import { fillUp, healthOf, startProxyBeforeSite, Visitor } from "./visitor.ts";

const keep = stoppedAfterEach();
const isRoot = process.platform === "linux" && process.getuid?.() === 0;
if (!isRoot) console.warn("skipped: only root on Linux can take a disk away");
for (const tool of ["setpriv", "prlimit"]) {
  if (Bun.which(tool) === null) console.warn(`skipped: there is no ${tool} here`);
}

function temporaryFiles({ cacheDir }: RunningProxy): string[] {
  return formatFolders(cacheDir).flatMap((folder) => readdirSync(join(folder, "tmp")));
}

async function proxyWith(options: ProxyOptions): Promise<RunningProxy> {
  return await startProxyBeforeSite(keep, options);
}

async function visitorOf({ port }: RunningProxy): Promise<Visitor> {
  return keep(await Visitor.to(port));
}

/** What it says of its troubles: a line a second at the most, whatever happens. */
async function expectFewLines(proxy: RunningProxy, beganAt: number): Promise<void> {
  await proxy.stderr.until(/worker \d: .*\((E|SQLITE_)/);
  const seconds = (performance.now() - beganAt) / 1000;
  expect(proxy.stderr.all.filter((line) => /\((E|SQLITE_)/.test(line)).length).toBeLessThanOrEqual(
    Math.ceil(seconds) + 1,
  );
}

describe("a disk with 2 MB", () => {
  let mountPoint: string;
  let mounted = false;
  beforeEach(() => {
    mountPoint = mkdtempSync(join(tmpdir(), "cacheproxy-e2e-full-"));
    mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=2m", "none", mountPoint]).success;
  });
  afterEach(() => {
    if (mounted) Bun.spawnSync(["umount", "--lazy", mountPoint]);
    rmSync(mountPoint, { recursive: true, force: true });
  });

  function cacheDirOrSkip(): string | undefined {
    if (mounted) return join(mountPoint, "cache");
    console.warn("skipped: no tmpfs can be mounted here");
    return undefined;
  }

  test("that is full: clients get the origin's answers, nothing is left over, health says so, and it resumes", async () => {
    const cacheDir = cacheDirOrSkip();
    if (cacheDir === undefined) return;
    const proxy = await proxyWith({ cacheDir });
    const visitor = await visitorOf(proxy);
    expect((await healthOf(proxy)).status).toBe("ok");
    const ballast = fillUp(mountPoint);
    const beganAt = performance.now();
    for (let i = 0; i < 60; i++)
      expect(await visitor.word(`/${[100, 90_000, 2_000_000][i % 3]}/${i}`)).toBe("MISS");
    expect(temporaryFiles(proxy)).toEqual([]);
    expect((await healthOf(proxy)).status).toBe("degraded");
    expect((await healthOf(proxy)).reasons.join()).toContain("the store is degraded");
    await expectFewLines(proxy, beganAt);
    rmSync(ballast);
    expect(await visitor.word("/1200000/after")).toBe("MISS");
    expect(await visitor.word("/1200000/after")).toBe("HIT");
  });
});

test.skipIf(!isRoot)(
  "a folder that becomes read-only: what is stored is served, the rest comes from the origin, and it resumes",
  async () => {
    const proxy = await proxyWith({});
    const visitor = await visitorOf(proxy);
    expect(await visitor.word("/1200000/before")).toBe("MISS");
    const folders = formatFolders(proxy.cacheDir).flatMap((root) => [
      join(root, "tmp"),
      join(root, "bodies"),
    ]);
    const mounted: string[] = [];
    const unmount = () => {
      for (const folder of mounted.splice(0)) Bun.spawnSync(["umount", "--lazy", folder]);
    };
    keep({ stop: async () => unmount() });
    for (const folder of folders) {
      if (!Bun.spawnSync(["mount", "--bind", folder, folder]).success) {
        console.warn("skipped: nothing can be mounted here");
        return;
      }
      mounted.push(folder);
      expect(Bun.spawnSync(["mount", "-o", "remount,bind,ro", folder]).success).toBe(true);
    }
    const beganAt = performance.now();
    for (let i = 0; i < 20; i++) expect(await visitor.word(`/${[100, 1_200_000][i % 2]}/${i}`)).toBe("MISS");
    expect(await visitor.word("/1200000/before")).toBe("HIT");
    expect((await healthOf(proxy)).reasons.join()).toContain("EROFS");
    await expectFewLines(proxy, beganAt);
    unmount();
    expect(await visitor.word("/1200000/after")).toBe("MISS");
    expect(await visitor.word("/1200000/after")).toBe("HIT");
  },
);

describe.skipIf(!isRoot || Bun.which("setpriv") === null)("a user without rights", () => {
  test("loses the permission to write: the origin's answers, health, and it resumes", async () => {
    const nobody = 65_534;
    const folder = mkdtempSync(join(tmpdir(), "cacheproxy-e2e-rights-"));
    keep({ stop: async () => rmSync(folder, { recursive: true, force: true }) });
    // The checkout may lie where only root may go.
    const program = join(folder, "cacheproxy");
    cpSync(binary, program);
    const cacheDir = join(folder, "cache");
    mkdirSync(cacheDir);
    for (const path of [folder, cacheDir, program]) chownSync(path, nobody, nobody);
    const proxy = await proxyWith({
      program,
      cacheDir,
      launcher: ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"],
    });
    const visitor = await visitorOf(proxy);
    expect(await visitor.word("/1200000/before")).toBe("MISS");
    const folders = formatFolders(cacheDir).flatMap((root) => [join(root, "tmp"), join(root, "bodies")]);
    for (const folder of folders) chmodSync(folder, 0o500);
    const beganAt = performance.now();
    for (let i = 0; i < 30; i++) expect(await visitor.word(`/${[100, 1_200_000][i % 2]}/${i}`)).toBe("MISS");
    expect(await visitor.word("/1200000/before")).toBe("HIT");
    expect((await healthOf(proxy)).reasons.join()).toContain("EACCES");
    await expectFewLines(proxy, beganAt);
    for (const folder of folders) chmodSync(folder, 0o700);
    expect(await visitor.word("/1200000/after")).toBe("MISS");
    expect(await visitor.word("/1200000/after")).toBe("HIT");
  });
});

describe.skipIf(Bun.which("prlimit") === null)("a worker without file descriptors", () => {
  test("passes on the origin's answers, says so, and stores again when it has some", async () => {
    const proxy = await proxyWith({});
    const visitor = await visitorOf(proxy);
    const workers = await proxy.workerPids();
    const limit = (number: number) =>
      workers.every((pid) => Bun.spawnSync(["prlimit", "--pid", `${pid}`, `--nofile=${number}:`]).success);
    expect(await visitor.word("/1200000/before")).toBe("MISS");
    // No new one: those that are open, such as this visitor's connection and that to the origin, go on.
    expect(limit(3)).toBe(true);
    const beganAt = performance.now();
    for (let i = 0; i < 30; i++) expect(await visitor.word(`/${[100, 1_200_000][i % 2]}/${i}`)).toBe("MISS");
    expect((await healthOf(proxy)).reasons.join()).toContain("EMFILE");
    await expectFewLines(proxy, beganAt);
    expect(limit(1024)).toBe(true);
    expect(temporaryFiles(proxy)).toEqual([]);
    expect(await visitor.word("/1200000/after")).toBe("MISS");
    expect(await visitor.word("/1200000/after")).toBe("HIT");
  });
});
