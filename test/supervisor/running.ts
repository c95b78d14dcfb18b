import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "bun:test";
import type { Settings } from "../../src/config/schema.ts";
import type { Stats } from "../../src/supervisor/admin/state-routes.ts";
import { freePort } from "../fixtures/port.ts";
import { someSettings } from "./fake-workers.ts";

const program = join(import.meta.dir, "../fixtures/fake-worker.ts");

/** The real supervisor over workers that only talk: see fixtures/fake-worker.ts. */
export interface Running {
  readonly directory: string;
  readonly port: number;
  readonly child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  /** The first line that has this in it, of those not yet asked for, of stdout and of stderr. */
  untilLine(part: string): Promise<string>;
  /** All of it, at the end, but for what is in order: that stands there as an object of level info. */
  stderr(): Promise<string>;
}

const cleanups: (() => void)[] = [];

export function atCleanUp(cleanup: () => void): void {
  cleanups.push(cleanup);
}

/** Ends what a test has started; call it after each. */
export function cleanUp(): void {
  for (const cleanup of cleanups.splice(0)) cleanup();
}

export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "supervisor-"));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export async function launch<Out extends "pipe" | number>(
  role: string,
  wishes: Partial<Settings>,
  directory: string,
  stdout: Out,
): Promise<Bun.Subprocess<"ignore", Out, "pipe">> {
  const said = { ...someSettings, port: await freePort(), origin: role, cacheDir: directory, ...wishes };
  const { host, port } = said;
  const settings: Settings = {
    ...said,
    listen: [{ kind: "tcp", scheme: "http", host, port, isShort: true }],
  };
  const child = Bun.spawn<"ignore", Out, "pipe">({
    cmd: [process.execPath, program, JSON.stringify(settings)],
    stdio: ["ignore", stdout, "pipe"],
    env: { ...process.env, ORIGIN_PASSWORD: "secret", NO_COLOR: "1" },
  });
  cleanups.push(() => child.kill("SIGKILL"));
  return child;
}

export async function start(
  role: string,
  wishes: Partial<Settings> = {},
  directory = makeDirectory(),
): Promise<Running> {
  const port = wishes.port ?? (await freePort());
  const child = await launch(role, { ...wishes, port }, directory, "pipe");
  const [complaints, copy] = child.stderr.tee();
  const lines = together(readLines(child.stdout), readLines(complaints));
  const stderr = new Response(copy).text().then((text) => text.replace(/^\{.*"level":"info".*\}\n/gm, ""));
  return {
    directory,
    port,
    child,
    untilLine: (part) => untilLine(lines, part),
    stderr: () => stderr,
  };
}

/** Lines of several streams, as they come. */
async function* together(...streams: AsyncGenerator<string, undefined>[]): AsyncGenerator<string, undefined> {
  const next = (stream: AsyncGenerator<string, undefined>) =>
    stream.next().then((read) => ({ stream, read }));
  const waiting = new Map(streams.map((stream) => [stream, next(stream)]));
  while (waiting.size > 0) {
    const { stream, read } = await Promise.race(waiting.values());
    if (read.done === true) waiting.delete(stream);
    else {
      waiting.set(stream, next(stream));
      yield read.value;
    }
  }
}

export async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}

export async function untilLine(lines: AsyncGenerator<string, undefined>, part: string): Promise<string> {
  for (;;) {
    const { value, done } = await lines.next();
    if (done) throw new Error(`the lines ended without ${part}`);
    if (value.includes(part)) return value;
  }
}

interface Introduction {
  readonly worker: number;
  readonly pid: number;
  readonly variables: string;
}

export async function introduction(running: Running): Promise<Introduction> {
  return JSON.parse(await running.untilLine('"variables"')) as Introduction;
}

/** Starts it and waits for the ready line and a word of each worker; both come in no order. */
export async function startReady(role: string, wishes: Partial<Settings> = {}, directory?: string) {
  const running = await start(role, { workers: 1, ...wishes }, directory);
  const first = await running.untilLine("");
  const second = await running.untilLine("");
  const [ready, word] = first.includes("listening") ? [first, second] : [second, first];
  return { ...running, ready, worker: JSON.parse(word) as Introduction };
}

export function ask(
  running: Pick<Running, "directory">,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  return fetch(`http://localhost${path}`, { ...init, unix: join(running.directory, "admin.sock") });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

export async function untilLinesAreDropped(running: Pick<Running, "directory">): Promise<void> {
  for (let dropped = 0; dropped === 0; ) {
    // Refused until it listens.
    const response = await ask(running, "/stats").catch(() => undefined);
    if (response !== undefined) dropped = ((await response.json()) as Stats).logLinesDropped;
  }
}

export async function untilHealthy(running: Pick<Running, "directory">): Promise<void> {
  for (let status = 0; status !== 200; ) {
    status = (await ask(running, "/healthz").catch(() => undefined))?.status ?? 0;
  }
}

/** A pipe for a stdout that nobody reads yet. Its end is open for both, so that neither side waits for the other. */
export function openStalledPipe(directory: string): { path: string; end: number } {
  const path = join(directory, "pipe");
  expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0);
  const end = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  cleanups.push(() => closeSync(end));
  return { path, end };
}

export function readPipe(path: string): ReadableStream<Uint8Array> {
  const reader = Bun.spawn({ cmd: ["cat", path], stdio: ["ignore", "pipe", "ignore"] });
  cleanups.push(() => reader.kill());
  return reader.stdout;
}
