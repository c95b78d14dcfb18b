import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { coreOfLoad, pinned } from "./cores.ts";
import { quantile } from "./statistics.ts";

/**
 * What is asked for: one path, the paths of a list round and round, paths nobody asked for before, or those that
 * `numberedPath` tells of, each once.
 */
export type Targets =
  | { readonly kind: "one"; readonly path: string }
  | { readonly kind: "list"; readonly paths: readonly string[] }
  | { readonly kind: "unique"; readonly prefix: string }
  | { readonly kind: "numbered"; readonly prefix: string; readonly method: "GET" | "POST" };

/** What the thread of this number asks for as its request of this number; both begin at one. */
export function numberedPath(prefix: string, thread: number, request: number): string {
  return `${prefix}${thread}-${request}`;
}

export interface Load {
  readonly targets: Targets;
  readonly fields: Readonly<Record<string, string>>;
  readonly connections: number;
  /** wrk waits for the body that a 304 tells the length of and does not have. */
  readonly client: "wrk" | "h2load";
  /** HTTP/2 over TLS instead of HTTP/1.1; h2load's alone. */
  readonly http2: boolean;
}

const figuresSchema = z.object({
  requests: z.int(),
  /** Of whole answers, their fields included. */
  bytes: z.int(),
  seconds: z.number(),
  p99Microseconds: z.number(),
  badStatus: z.int(),
  brokenConnections: z.int(),
});

/** What one run of load has seen. */
export type Figures = z.infer<typeof figuresSchema>;

/**
 * Loads the server for so many whole seconds, by a thread on each of these cores: that of the load, if nothing is said.
 * Throws when the tool fails.
 */
export async function runLoad(
  url: string,
  load: Load,
  seconds: number,
  cores: readonly number[] = [coreOfLoad()],
): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), "cacheproxy-load-"));
  try {
    return load.client === "h2load"
      ? await runH2load({ url, load, seconds, cores, folder })
      : await runWrk({ url, load, seconds, cores, folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

let uniqueRuns = 0;

interface Run {
  readonly url: string;
  readonly load: Load;
  readonly seconds: number;
  readonly cores: readonly number[];
  /** For what the tool reads or writes. */
  readonly folder: string;
}

async function runWrk({ url, load, seconds, cores, folder }: Run): Promise<Figures> {
  const { targets, connections, fields } = load;
  const path = targets.kind === "one" ? targets.path : "/";
  const size = ["-t", `${cores.length}`, "-c", `${connections}`, "-d", `${seconds}s`, "--timeout", "20s"];
  const script = ["-s", `${import.meta.dir}/load.lua`];
  const words = ["wrk", ...size, ...script, ...fieldWords(fields), `${url}${path}`, "--"];
  const stdout = await output(cores, [...words, ...(await scriptWords(targets, folder))]);
  return readFigures(stdout);
}

/** The line that load.lua writes. */
export function readFigures(stdout: string): Figures {
  return figuresSchema.parse(JSON.parse(/^FIGURES (.*)$/m.exec(stdout)?.[1] ?? "null"));
}

async function scriptWords(targets: Targets, folder: string): Promise<string[]> {
  switch (targets.kind) {
    case "one":
      return ["one"];
    case "list": {
      const file = join(folder, "paths");
      await Bun.write(file, `${targets.paths.join("\n")}\n`);
      return ["list", file];
    }
    case "unique":
      uniqueRuns += 1;
      return ["unique", `${targets.prefix}${process.pid}-${uniqueRuns}-`, "GET"];
    case "numbered":
      return ["unique", targets.prefix, targets.method];
  }
}

const http2Streams = 16;

async function runH2load({ url, load, seconds, cores, folder }: Run): Promise<Figures> {
  const { targets, connections, fields, http2 } = load;
  if (targets.kind !== "one") throw new Error("h2load asks for one path");
  const log = join(folder, "requests.log");
  const size = ["-t", `${cores.length}`, "-c", `${connections}`, "-D", `${seconds}`];
  const version = http2 ? ["-m", `${http2Streams}`] : ["--h1"];
  const words = [
    "h2load",
    ...size,
    ...version,
    "--log-file",
    log,
    ...fieldWords(fields),
    `${url}${targets.path}`,
  ];
  const summary = await output(cores, words);
  return readH2loadFigures(summary, await Bun.file(log).text());
}

/** Of h2load's summary, and of its log: start, status and microseconds of each request. */
export function readH2loadFigures(summary: string, log: string): Figures {
  const counts = /^requests: (\d+) total, .* (\d+) succeeded, (\d+) failed/m.exec(summary);
  const [, , succeeded, failed] = counts ?? [];
  const bytes = /^traffic: \S+ \((\d+)\) total/m.exec(summary)?.[1];
  const seconds = /^finished in ([\d.]+)(ms|s)/m.exec(summary);
  const microseconds = Array.from(log.matchAll(/^\d+\t\d+\t(\d+)$/gm), ([, each]) => Number(each));
  return figuresSchema.parse({
    requests: Number(succeeded),
    bytes: Number(bytes),
    seconds: Number(seconds?.[1]) / (seconds?.[2] === "ms" ? 1000 : 1),
    p99Microseconds: quantile(microseconds, 0.99),
    badStatus: Number(failed),
    brokenConnections: 0,
  });
}

function fieldWords(fields: Readonly<Record<string, string>>): string[] {
  return Object.entries(fields).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
}

async function output(cores: readonly number[], command: readonly string[]): Promise<string> {
  const child = Bun.spawn(pinned(cores, command), { stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (code !== 0) throw new Error(`${command[0]} ended with ${code}: ${stdout}${stderr}`.slice(0, 2000));
  return stdout;
}
