import type { Certificate } from "../fixtures/certificate.ts";
import { messageOf } from "./failure.ts";
import type { BenchOrigin } from "./origin-process.ts";
import { measureRounds, type Rounds, type RoundsWanted, type Shortcoming } from "./rounds.ts";
import { type Running, type Server, startServer } from "./servers.ts";
import { take, takeAll } from "./take.ts";
import { warmUp } from "./warm-up.ts";
import { pathsOf, type Workload } from "./workloads.ts";

export interface Contest extends Pick<Rounds, "rounds" | "disturbed"> {
  readonly workload: string;
  /** Servers that do not do what is measured, and what they do instead. */
  readonly absent: ReadonlyMap<string, Shortcoming>;
}

interface ContestWanted extends RoundsWanted {
  readonly quick: boolean;
}

/** Starts every server, warms it, and measures those that do what the workload asks for. */
export async function hold(
  workload: Workload,
  servers: readonly Server[],
  origin: BenchOrigin,
  certificate: Certificate,
  wanted: ContestWanted,
): Promise<Contest> {
  const absent = new Map<string, Shortcoming>();
  const running: Running[] = [];
  try {
    for (const server of servers) {
      const entered = await enter(workload, server, origin, certificate, wanted);
      if (typeof entered === "string") absent.set(server.name, entered);
      else running.push(entered);
    }
    const { rounds, disturbed, failed } = await measureRounds(workload, running, origin, wanted);
    return { workload: workload.name, rounds, disturbed, absent: new Map([...absent, ...failed]) };
  } finally {
    for (const server of running) await server.stop();
  }
}

/** A server that is warm, or what keeps it from taking part. */
async function enter(
  workload: Workload,
  server: Server,
  origin: BenchOrigin,
  certificate: Certificate,
  { quick }: ContestWanted,
): Promise<Running | Shortcoming> {
  if (workload.load.http2 && !server.canTls) return "has no TLS of its own";
  let running: Running | undefined;
  try {
    running = await startServer(server, {
      originPort: origin.port,
      certificate: workload.load.http2 ? certificate : null,
      floor: workload.floor,
    });
    const shortcoming = await fill(workload, running, origin);
    if (shortcoming === null) {
      await warmUp(running, workload.load, quick);
      return running;
    }
    await running.stop();
    return shortcoming;
  } catch (error) {
    await running?.stop();
    return messageOf(error);
  }
}

/** Asks once for all there is. What the server does otherwise than the workload needs, or null. */
async function fill(workload: Workload, { url }: Running, origin: BenchOrigin): Promise<Shortcoming | null> {
  const { "Accept-Encoding": coding } = workload.load.fields;
  const urls = pathsOf(workload).map((path) => `${url}${path}`);
  // Without the fields that ask for less: no cache is obliged to store a part.
  await takeAll(urls, coding === undefined ? {} : { "Accept-Encoding": coding });
  const asked = await origin.settledCount();
  const { status, size } = await take(urls[0] ?? url, workload.load.fields);
  if (status !== workload.status || size !== workload.size) return `answers ${status} with ${size} bytes`;
  const stored = (await origin.count()) === asked;
  if (stored === workload.stored) return null;
  return stored ? "stores what may not be stored" : "does not store it";
}
