import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningProxy, runBinary, startProxy } from "../e2e/harness.ts";
import { freePort } from "../fixtures/port.ts";

export interface ProgramOptions {
  /** Two if nothing is said. */
  readonly workers?: number;
  readonly memory: string;
  readonly disk: string;
}

/** The built binary, on a port and a folder that outlive it. */
export interface Program {
  readonly port: number;
  readonly cacheDir: string;
  /** The one that runs now. */
  running(): RunningProxy;
  /** Ends the one that runs, with all that is on its way; resolves when another serves in its place. */
  restart(end?: (running: RunningProxy) => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

/** Little memory and little room: what is stored also has to go. */
export const narrow: ProgramOptions = { memory: "4MB", disk: "12MB" };

export async function startProgram(
  origin: string,
  { workers = 2, memory, disk }: ProgramOptions,
): Promise<Program> {
  const cacheDir = mkdtempSync(join(tmpdir(), "cacheproxy-stress-"));
  const port = await freePort();
  const flags = ["--log", "off", "--memory", memory, "--disk", disk, "--range-fill", "1KB"];
  const start = () => startProxy(origin, { port, cacheDir, workers, flags });
  let running = await start();
  return {
    port,
    cacheDir,
    running: () => running,
    async restart(end = ({ kill }) => kill()) {
      await end(running);
      running = await start();
    },
    async stop() {
      await running.stop();
      rmSync(cacheDir, { recursive: true, force: true });
    },
  };
}

/** What `verify` says of what was stored, once nothing runs; null when all is well. */
export async function complaintOfVerify({ running, cacheDir }: Program): Promise<string | null> {
  const ended = await running().stop();
  if (ended !== 0) return `it ended with ${ended}: ${running().stderr.text}`;
  const { code, stdout } = await runBinary(["verify", "--cache-dir", cacheDir]);
  return code === 0 ? null : `verify: ${stdout}`;
}

/** What is removed: `{ path }`, `{ prefix }` or `{ all: true }`. */
export type Purged = Readonly<Record<string, string | true>>;

/** As the `purge` command does it. Rejects with what was said when it was refused. */
export async function purge({ cacheDir }: Pick<Program, "cacheDir">, what: Purged): Promise<void> {
  const answer = await fetch("http://localhost/purge", {
    method: "POST",
    unix: join(cacheDir, "admin.sock"),
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(what),
  });
  if (!answer.ok) throw new Error(`the purge was refused with ${answer.status}: ${await answer.text()}`);
}
