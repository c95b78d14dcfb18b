import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Origin, startOrigin } from "../fixtures/origin.ts";
import { connectTo, type RawClient, type RawResponse, requestText } from "../fixtures/raw-client.ts";
import { bytesOf } from "../store/samples.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { binary, formatFolders, type ProxyOptions, type RunningProxy, startProxy } from "./harness.ts";

const keep = stoppedAfterEach();
const isRoot = process.platform === "linux" && process.getuid?.() === 0;
if (!isRoot) console.warn("skipped: only root on Linux can take a disk away");
for (const tool of ["setpriv", "prlimit"]) {
  if (Bun.which(tool) === null) console.warn(`skipped: there is no ${tool} here`);
}

/** `/300000/a` is answered with so many bytes that can be worked out from the path. */
function bodyOf(target: string): Uint8Array {
  return bytesOf(Number(target.split("/")[1]), Bun.hash.crc32(target));
}

async function startSite(): Promise<Origin> {
  return keep(
    await startOrigin(
      (exchange) =>
        void exchange.respond(200, { "Cache-Control": "max-age=3600" }, bodyOf(exchange.request.target)),
    ),
  );
}

/** One connection all the time, so that nothing needs a new descriptor. */
class Visitor {
  private constructor(private readonly client: RawClient) {}

  static async to(port: number): Promise<Visitor> {
    const client = await connectTo(port);
    return keep({ ask: new Visitor(client), stop: async () => client.close() }).ask;
  }

  async get(target: string): Promise<RawResponse> {
    await this.client.send(requestText("GET", target));
    return this.client.response();
  }

  /** Asks for it, compares every byte of the answer with the origin's, and says what the cache said. */
  async word(target: string): Promise<string | null> {
    const response = await this.get(target);
    expect(response.status).toBe(200);
    expect(response.complete).toBe(true);
    expect(Buffer.compare(response.body, bodyOf(target))).toBe(0);
    return response.field("X-Cache");
  }
}

async function healthOf({ cacheDir }: RunningProxy): Promise<{ status: string; reasons: string[] }> {
  const answer = await fetch("http://localhost/healthz", { unix: join(cacheDir, "admin.sock") });
  return (await answer.json()) as { status: string; reasons: string[] };
}

function temporaryFiles({ cacheDir }: RunningProxy): string[] {
  return formatFolders(cacheDir).flatMap((folder) => readdirSync(join(folder, "tmp")));
}

async function proxyWith(options: ProxyOptions): Promise<RunningProxy> {
  const { flags = [], ...others } = options;
  const origin = await startSite();
  const common = ["--log", "off", "--memory", "1MB", "--disk", "100MB"];
  return keep(await startProxy(origin.url, { flags: [...common, ...flags], ...others }));
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
    const visitor = await Visitor.to(proxy.port);
    expect((await healthOf(proxy)).status).toBe("ok");
    const ballast = join(mountPoint, "ballast");
    for (const bytes of [1 << 20, 1 << 16, 1 << 12]) {
      try {
        for (;;) writeFileSync(ballast, new Uint8Array(bytes), { flag: "a" });
      } catch (error) {
        expect(error).toMatchObject({ code: "ENOSPC" });
      }
    }
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
    const visitor = await Visitor.to(proxy.port);
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
    const visitor = await Visitor.to(proxy.port);
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
    const visitor = await Visitor.to(proxy.port);
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
