import { coreOfLoad, pinned } from "../cores.ts";
import { type Running, startServer } from "../servers.ts";
import { median } from "../statistics.ts";
import type { Special } from "./special.ts";

const clients = 500;

/** All at once for an object that nobody has, from an origin that takes 200 ms: how often is the origin asked? */
export const herd: Special = {
  name: "500 clients on one cold object of 64 KB, the origin takes 200 ms",
  async measure(server, origin, { rounds }) {
    const running = await startServer(server, { originPort: origin.port });
    try {
      const times: number[] = [];
      const before = await origin.settledCount();
      for (let round = 0; round < rounds; round++) times.push(await rush(running, `/slow/65536/${round}`));
      return {
        "requests at the origin": ((await origin.count()) - before) / rounds,
        "ms until all are served": Math.round(median(times)),
      };
    } finally {
      await running.stop();
    }
  },
};

/** Milliseconds until every client has the whole. Throws when one has not. */
async function rush(server: Running, path: string): Promise<number> {
  const command = [
    "h2load",
    "--h1",
    "-t",
    "1",
    "-c",
    `${clients}`,
    "-n",
    `${clients}`,
    `${server.url}${path}`,
  ];
  const child = Bun.spawn(pinned([coreOfLoad()], command), { stdout: "pipe", stderr: "ignore" });
  const text = await child.stdout.text();
  const [, time, unit] = /^finished in ([\d.]+)(ms|s)/m.exec(text) ?? [];
  if (!text.includes(` ${clients} succeeded`)) throw new Error(`did not serve all: ${text.slice(0, 1000)}`);
  return Number(time) * (unit === "s" ? 1000 : 1);
}
