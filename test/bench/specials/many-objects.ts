import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BenchOrigin } from "../origin-process.ts";
import { residentBytes } from "../processes.ts";
import { type Server, startServer } from "../servers.ts";
import { take, takeAll } from "../take.ts";
import type { Outcome, Special } from "./special.ts";

const size = 1024;
const megabyte = 1024 * 1024;

/** Memory after many objects, and how long a start takes before there are any and with all of them. */
export const manyObjects: Special = {
  name: "many objects of 1 KB: memory, and a start with them",
  measure: (server, origin, { quick }) => fillAndRestart(server, origin, quick ? 10_000 : 100_000),
};

async function fillAndRestart(server: Server, origin: BenchOrigin, objects: number): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), `cacheproxy-bench-${server.name}-`));
  const wishes = { originPort: origin.port, folder, memoryMegabytes: 1024 };
  try {
    const empty = await startServer(server, wishes);
    const before = residentBytes(empty.pid);
    await takeAll(Iterator.from(Array(objects).keys()).map((each) => `${empty.url}/o/${size}/${each}`));
    const held = residentBytes(empty.pid);
    await empty.stop();
    // On the same port: the Host that clients name is part of what was stored.
    const full = await startServer(server, { ...wishes, port: empty.port });
    const asked = await origin.settledCount();
    await take(`${full.url}/o/${size}/0`);
    const survived = (await origin.count()) === asked;
    await full.stop();
    return {
      objects,
      "MB of memory with all of them": Math.round(held / megabyte),
      "of these, bytes an object beyond its body": Math.round((held - before) / objects - size),
      "ms to start, empty": Math.round(empty.startMilliseconds),
      "ms to start, full": Math.round(full.startMilliseconds),
      "the cache survives a restart": survived ? "yes" : "no",
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
