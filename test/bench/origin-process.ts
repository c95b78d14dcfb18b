import { freePort } from "../fixtures/port.ts";
import { coreOfLoad, pinned } from "./cores.ts";

export interface BenchOrigin {
  readonly port: number;
  /** Requests it has had. */
  count(): Promise<number>;
  /** The same, once it no longer grows: servers may still be at work on what a load that ended has asked for. */
  settledCount(): Promise<number>;
  stop(): Promise<void>;
}

const settleMilliseconds = 100;

/** Starts the origin on the core of the load. */
export async function startBenchOrigin(): Promise<BenchOrigin> {
  const port = await freePort();
  const script = `${import.meta.dir}/origin.ts`;
  const child = Bun.spawn(pinned([coreOfLoad()], [process.execPath, script, `${port}`]), {
    env: { PATH: process.env["PATH"] ?? "" },
    stdio: ["ignore", 2, 2],
  });
  const url = `http://127.0.0.1:${port}/-/count`;
  const count = async () => Number(await (await fetch(url)).text());
  while (!(await count().then(Number.isInteger, () => false))) {
    if (child.exitCode !== null) throw new Error(`the origin ended with ${child.exitCode}`);
    await Bun.sleep(5);
  }
  return {
    port,
    count,
    async settledCount() {
      let [before, now] = [Number.NaN, await count()];
      while (now !== before) {
        await Bun.sleep(settleMilliseconds);
        [before, now] = [now, await count()];
      }
      return now;
    },
    async stop() {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
}
