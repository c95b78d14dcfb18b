import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "../fixtures/port.ts";
import { Lines } from "./lines.ts";

/** The binary under test. */
export const binary = resolve(import.meta.dir, "../../cacheproxy");
if (!existsSync(binary)) throw new Error("./cacheproxy is not there; `make build` makes it");

export interface ProxyOptions {
  /** Flags as on the command line, beside --port, --host, --workers and --cache-dir. */
  readonly flags?: readonly string[];
  /** Two if nothing is said, as users run it; a test with another number says why. */
  readonly workers?: number;
  /** Added to an environment that holds PATH alone. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The cache of an earlier proxy; else a folder of its own, removed by `stop`. */
  readonly cacheDir?: string;
  readonly port?: number;
  /** In place of --host and --port; `port` and `url` of the proxy mean nothing then. */
  readonly listen?: readonly string[];
  /** A copy of the binary. */
  readonly program?: string;
  /** Words before the binary's name, to run it as another user or with other limits. */
  readonly launcher?: readonly string[];
}

/** A cacheproxy that runs. */
export interface RunningProxy {
  readonly port: number;
  /** "http://127.0.0.1:4711" */
  readonly url: string;
  readonly cacheDir: string;
  readonly pid: number;
  readonly stdout: Lines;
  readonly stderr: Lines;
  /** The exit code, or 128 and the number of the signal that ended it. */
  readonly exited: Promise<number>;
  signal(name: NodeJS.Signals): void;
  /** The processes that serve now; Linux only. */
  workerPids(): Promise<number[]>;
  /** The one that writes the disk; likewise. */
  keeperPid(): Promise<number>;
  /** SIGTERM, waits for the end, removes what `start` made. The exit code. Can be called again. */
  stop(): Promise<number>;
  /** SIGKILL to the supervisor and the keeper; waits until the workers are gone, too. The cache stays until `stop`. */
  kill(): Promise<void>;
}

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the binary to its end. */
export async function runBinary(
  words: readonly string[],
  { environment = {}, folder = tmpdir() }: { environment?: Record<string, string>; folder?: string } = {},
): Promise<Run> {
  const child = Bun.spawn([binary, ...words], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr };
}

/** Starts the binary on 127.0.0.1 and waits for its line of readiness. Rejects with what it said when it ends instead. */
export async function startProxy(origin: string, options: ProxyOptions = {}): Promise<RunningProxy> {
  const port = options.port ?? (await freePort());
  const own = options.cacheDir === undefined ? await mkdtemp(join(tmpdir(), "cacheproxy-e2e-")) : undefined;
  const cacheDir = own ?? options.cacheDir ?? "";
  const listen = options.listen?.flatMap((each) => ["--listen", each]);
  const where = listen ?? ["--host", "127.0.0.1", "--port", `${port}`];
  const flags = [
    ...where,
    "--origin",
    origin,
    "--cache-dir",
    cacheDir,
    "--workers",
    `${options.workers ?? 2}`,
    ...(options.flags ?? []),
  ];
  const child = Bun.spawn([...(options.launcher ?? []), options.program ?? binary, ...flags], {
    cwd: tmpdir(),
    env: { PATH: process.env["PATH"] ?? "", ...options.environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const stdout = new Lines(child.stdout, "stdout");
  const stderr = new Lines(child.stderr, "stderr");
  const proxy: RunningProxy = {
    port,
    url: `http://127.0.0.1:${port}`,
    cacheDir,
    pid: child.pid,
    stdout,
    stderr,
    exited: child.exited,
    signal: (name) => child.kill(name),
    workerPids: async () => (await childrenOf(child.pid)).filter((pid) => roleOf(pid) === "worker"),
    async keeperPid() {
      const keeper = (await childrenOf(child.pid)).find((pid) => roleOf(pid) === "keeper");
      if (keeper === undefined) throw new Error("there is no keeper");
      return keeper;
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      const code = await child.exited;
      if (own !== undefined) await rm(own, { recursive: true, force: true });
      return code;
    },
    async kill() {
      const children = await childrenOf(child.pid);
      child.kill("SIGKILL");
      for (const pid of children) if (roleOf(pid) === "keeper") process.kill(pid, "SIGKILL");
      await child.exited;
      await Promise.all(children.map(untilGone));
    },
  };
  try {
    const places = listen === undefined ? `port ${port}` : ".*";
    const ready = new RegExp(`Cache proxy is listening on ${places} \\.\\.\\.`);
    // On stdout only where people read there.
    await Promise.any([stdout.until(ready), stderr.until(ready)]);
  } catch (error) {
    const code = await proxy.stop();
    await stderr.done;
    throw new Error(`cacheproxy ended with ${code} instead of serving: ${stderr.text}`, { cause: error });
  }
  return proxy;
}

/** The folders of the cache's format, which is one, as long as nothing older lies there. */
export function formatFolders(cacheDir: string): string[] {
  return readdirSync(cacheDir)
    .filter((name) => /^v\d+$/.test(name))
    .map((name) => join(cacheDir, name));
}

/** Linux tells the children of each thread of a process; elsewhere tests that ask for them should be skipped. */
async function childrenOf(pid: number): Promise<number[]> {
  const lists = new Bun.Glob(`task/*/children`).scan({ cwd: `/proc/${pid}`, absolute: true });
  const pids = await Array.fromAsync(lists, async (list) => (await Bun.file(list).text()).split(" "));
  return pids.flat().filter(Boolean).map(Number);
}

/** Looks again every 20 ms: the system tells nobody but the parent when a process ends. */
export async function untilGone(pid: number): Promise<void> {
  while (existsSync(`/proc/${pid}`)) await Bun.sleep(20);
}

/** What the process was started as: "worker", "keeper"; "" for one that has ended. */
export function roleOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[1] ?? "";
  } catch {
    return "";
  }
}
