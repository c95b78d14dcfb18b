import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pinned } from "../cores.ts";

/** A response from the cache, as its client saw it. */
export interface Hit {
  /** Milliseconds since 1970. */
  readonly begunAt: number;
  readonly microseconds: number;
}

export interface HitLoad {
  readonly paths: readonly string[];
  /** Each has a thread of its own, which knows when its request began. */
  readonly connections: number;
  /** What a client waits before each request. */
  readonly pauseMilliseconds: number;
}

/** Load that goes on until it is stopped. */
export interface TimedHits {
  /** What there was. Throws when there was a response that is no hit. */
  stop(): Promise<Hit[]>;
}

const mostSeconds = 600;

export async function startHits(url: string, load: HitLoad, cores: readonly number[]): Promise<TimedHits> {
  const folder = await mkdtemp(join(tmpdir(), "hits-"));
  const paths = `${folder}.paths`;
  await Bun.write(paths, `${load.paths.join("\n")}\n`);
  const size = ["-t", `${load.connections}`, "-c", `${load.connections}`, "-d", `${mostSeconds}s`];
  const script = ["-s", `${import.meta.dir}/timed-hits.lua`, url, "--", folder, paths];
  const command = pinned(cores, ["wrk", ...size, ...script, `${load.pauseMilliseconds}`]);
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "pipe" });
  return {
    async stop() {
      child.kill("SIGINT");
      const [said, complaint, code] = await Promise.all([
        child.stdout.text(),
        child.stderr.text(),
        child.exited,
      ]);
      try {
        if (code !== 0 || said.includes("Socket errors"))
          throw new Error(`wrk ended with ${code}: ${said}${complaint}`);
        const files = await readdir(folder);
        return (await Promise.all(files.map((file) => Bun.file(join(folder, file)).text()))).flatMap(
          readHits,
        );
      } finally {
        await rm(folder, { recursive: true, force: true });
        await rm(paths, { force: true });
      }
    },
  };
}

function readHits(text: string): Hit[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [begun = Number.NaN, microseconds = Number.NaN, isHit] = line.split(" ").map(Number);
      if (isHit !== 1) throw new Error(`what should be a hit is none: ${line}`);
      return { begunAt: begun / 1000, microseconds };
    });
}
