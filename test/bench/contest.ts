import type { Certificate } from "../fixtures/certificate.ts";
import { runLoad } from "./load.ts";
import type { BenchOrigin } from "./origin-process.ts";
import { measureRounds, type Round, type RoundsWanted } from "./rounds.ts";
import { type Running, type Server, startServer } from "./servers.ts";
import { take, takeAll } from "./take.ts";
import { pathsOf, type Workload } from "./workloads.ts";

export interface Contest {
  readonly workload: string;
  readonly rounds: readonly Round[];
  /** Rounds that were repeated because something else disturbed them. */
  readonly disturbed: number;
  /** Servers that do not do what is measured, and what they do instead. */
  readonly absent: ReadonlyMap<string, string>;
}

const warmSeconds = 1;

/** Starts every server, warms it, and measures those that do what the workload asks for. */
export async function hold(
  workload: Workload,
  servers: readonly Server[],
  origin: BenchOrigin,
  certificate: Certificate,
  wanted: RoundsWanted,
): Promise<Contest> {
  const absent = new Map<string, string>();
  const running: Running[] = [];
  try {
    for (const server of servers) {
      if (workload.load.http2 && !server.canTls) {
        absent.set(server.name, "no TLS of its own");
        continue;
      }
      const started = await startServer(server, {
        originPort: origin.port,
        certificate: workload.load.http2 ? certificate : null,
        floor: workload.floor,
      });
      const shortcoming = await warm(workload, started, origin);
      if (shortcoming === null) running.push(started);
      else {
        absent.set(server.name, shortcoming);
        await started.stop();
      }
    }
    return { workload: workload.name, absent, ...(await measureRounds(workload, running, origin, wanted)) };
  } finally {
    for (const server of running) await server.stop();
  }
}

/** Fills the cache and gives compilers their time. What keeps the server from taking part, or null. */
async function warm(workload: Workload, server: Running, origin: BenchOrigin): Promise<string | null> {
  const { "Accept-Encoding": coding } = workload.load.fields;
  // Without the fields that ask for less: no cache is obliged to store a part.
  const urls = pathsOf(workload).map((path) => `${server.url}${path}`);
  await takeAll(urls, coding === undefined ? {} : { "Accept-Encoding": coding });
  const shortcoming = await shortcomingOf(workload, server, origin);
  if (shortcoming === null) await runLoad(server.url, workload.load, warmSeconds);
  return shortcoming;
}

async function shortcomingOf(
  workload: Workload,
  server: Running,
  origin: BenchOrigin,
): Promise<string | null> {
  const asked = await origin.count();
  const { status, size } = await take(`${server.url}${pathsOf(workload)[0]}`, workload.load.fields);
  if (status !== workload.status || size !== workload.size) return `answers ${status} with ${size} bytes`;
  const stored = (await origin.count()) === asked;
  return workload.origin === "none" && !stored ? "does not store it" : null;
}
