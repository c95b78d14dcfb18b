import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Certificate } from "../fixtures/certificate.ts";
import { freePort } from "../fixtures/port.ts";
import { coreOfServers, pinned } from "./cores.ts";

/** What a server is to be started with. */
export interface Site {
  /** A folder of its own: configuration, cache, sockets. Anybody may write there: some servers change their user. */
  readonly folder: string;
  readonly port: number;
  readonly originPort: number;
  /** When there is one, the port speaks TLS and HTTP/2. */
  readonly certificate: Certificate | null;
  /** What the floor answers with; the others find out by themselves. */
  readonly floor: FloorAnswer;
  /** Megabytes of memory for responses. */
  readonly memoryMegabytes: number;
  readonly workers: number;
}

export type FloorAnswer = "whole" | "not-modified" | "range";

export interface Server {
  readonly name: string;
  readonly canTls: boolean;
  /** Whether it has a setting for how many cores it uses. */
  readonly takesWorkers: boolean;
  /** "nginx 1.22.1", or null when it is not installed. */
  version(): Promise<string | null>;
  /** Writes what it needs into the folder; the command that serves in the foreground. */
  prepare(site: Site): Promise<readonly string[]>;
}

export interface Running {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  /** From the start of the process to its first answer. */
  readonly startMilliseconds: number;
  readonly folder: string;
  stop(): Promise<void>;
}

export interface SiteWishes extends Pick<Site, "originPort">, Partial<Omit<Site, "originPort">> {
  /** That of the servers, if nothing is said. */
  readonly cores?: readonly number[];
}

/** Starts the server on its cores and waits for its first answer. A folder that is given is not removed. */
export async function startServer(server: Server, { cores, ...wishes }: SiteWishes): Promise<Running> {
  const folder = wishes.folder ?? (await mkdtemp(join(tmpdir(), `cacheproxy-bench-${server.name}-`)));
  await Bun.$`chmod 777 ${folder}`.quiet();
  const site: Site = {
    certificate: null,
    floor: "whole",
    memoryMegabytes: 512,
    workers: 1,
    port: wishes.port ?? (await freePort()),
    ...wishes,
    folder,
  };
  const command = await server.prepare(site);
  const output = Bun.file(join(folder, "output.log"));
  const begun = Bun.nanoseconds();
  const child = Bun.spawn(pinned(cores ?? [coreOfServers()], command), {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "" },
    stdin: "ignore",
    stdout: output,
    stderr: output,
  });
  const url = `${site.certificate === null ? "http" : "https"}://127.0.0.1:${site.port}`;
  const running = {
    name: server.name,
    pid: child.pid,
    port: site.port,
    url,
    folder,
    async stop() {
      child.kill("SIGTERM");
      const patience = setTimeout(() => child.kill("SIGKILL"), 5000);
      await child.exited;
      clearTimeout(patience);
      if (wishes.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await untilAnswers(`${url}/pass/1`, () => child.exitCode !== null);
  } catch (error) {
    const said = (await output.exists()) ? (await output.text()).slice(-2000) : "";
    await running.stop();
    throw new Error(`does not serve: ${said}`, { cause: error });
  }
  return { ...running, startMilliseconds: (Bun.nanoseconds() - begun) / 1e6 };
}

/** Fills the placeholders, `{{PORT}}` and the like, of a configuration kept in `peers`. */
export async function configuration(name: string, values: Readonly<Record<string, string>>): Promise<string> {
  const template = await Bun.file(join(import.meta.dir, "peers", name)).text();
  return template.replaceAll(/\{\{([A-Z_]+)\}\}/g, (_, key: string) => {
    const value = values[key];
    if (value === undefined) throw new Error(`${name} wants ${key}, which nothing fills`);
    return value;
  });
}

/** Where the program is, also in folders that only the PATH of an administrator names; null when it is nowhere. */
export function findProgram(name: string): string | null {
  return Bun.which(name, { PATH: `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin` });
}

/** "nginx 1.22.1", of what the program says of itself, or null when it is not there. */
export async function versionOf([name = "", ...words]: readonly string[]): Promise<string | null> {
  const program = findProgram(name);
  if (program === null) return null;
  const { stdout, stderr } = Bun.spawnSync([program, ...words]);
  return `${basename(program)} ${versionIn(`${stdout}${stderr}`)}`;
}

/** The first number with a point in it, with what is joined to it: "2.6.12-1+deb12u4". */
export function versionIn(text: string): string {
  return /\d+\.\d[^\s)]*/.exec(text)?.[0] ?? "of unknown version";
}

const patienceMilliseconds = 30_000;

async function untilAnswers(url: string, hasEnded: () => boolean): Promise<void> {
  const deadline = Date.now() + patienceMilliseconds;
  for (;;) {
    try {
      const response = await fetch(url, { tls: { rejectUnauthorized: false }, keepalive: false });
      await response.arrayBuffer();
      if (response.ok) return;
      throw new Error(`answered ${response.status}`);
    } catch (error) {
      if (hasEnded() || Date.now() > deadline) throw error;
      await Bun.sleep(2);
    }
  }
}
