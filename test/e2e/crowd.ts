import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { connectTo, type RawClient, type RawResponse, requestText } from "../fixtures/raw-client.ts";
import type { RunningProxy } from "./harness.ts";

/** Clients of one proxy, as many of each worker, whose connections stand before they ask. Linux only. */
export interface Crowd {
  /** By worker. */
  readonly clients: readonly (readonly RawClient[])[];
  /** Resolves when every worker has read what the clients sent before the call. */
  heard(): Promise<void>;
  /** The same request of all at once, the workers in turn. The answers, once `heard` has resolved. */
  ask(request: string): Promise<readonly Promise<RawResponse>[]>;
  stop(): Promise<void>;
}

/** The system gives each connection to any of the workers: connections are made until each has `perWorker`. */
export async function gather(proxy: RunningProxy, perWorker: number): Promise<Crowd> {
  // One more of each, by which `heard` looks.
  const wanted = perWorker + 1;
  const workers = await proxy.workerPids();
  const groups = new Map(workers.map((pid) => [pid, [] as RawClient[]]));
  const all: RawClient[] = [];
  while ([...groups.values()].some((group) => group.length < wanted)) {
    const more = await Promise.all(Array.from({ length: wanted }, () => connectTo(proxy.port)));
    all.push(...more);
    await Promise.all(more.map(beAnswered));
    const holders = holdersOf(more, proxy.port, workers);
    for (const client of more) groups.get(holders.get(client) ?? 0)?.push(client);
  }
  const clients = [...groups.values()].map((group) => group.slice(0, perWorker));
  const lookouts = [...groups.values()].flatMap((group) => group.slice(perWorker, wanted));
  const heard = async () => {
    // What came together is read together, in no order; what is answered next came later.
    for (let time = 0; time < 3; time++) await Promise.all(lookouts.map(beAnswered));
  };
  return {
    clients,
    heard,
    async ask(request) {
      const inTurn = Array.from({ length: perWorker }, (_, place) => clients.map((group) => group[place]));
      const answers: Promise<RawResponse>[] = [];
      for (const client of inTurn.flat()) {
        if (client === undefined) continue;
        await client.send(request);
        answers.push(client.response());
      }
      await heard();
      return answers;
    },
    async stop() {
      for (const client of all) client.close();
    },
  };
}

/** One request on a connection that stands, and its answer. */
export async function answered(client: RawClient, request: string): Promise<RawResponse> {
  await client.send(request);
  return await client.response();
}

/** By the proxy itself: the origin hears nothing of it. */
async function beAnswered(client: RawClient): Promise<void> {
  const request = requestText("GET", "/-/is-anybody-there", { "Cache-Control": "only-if-cached" });
  const { status } = await answered(client, request);
  if (status !== 504) throw new Error(`what is stored nowhere was answered with ${status}`);
}

/** Which of the processes has the other end of each connection. */
function holdersOf(
  clients: readonly RawClient[],
  port: number,
  pids: readonly number[],
): Map<RawClient, number> {
  const connections = readFileSync("/proc/net/tcp", "utf8");
  const holders = new Map(pids.flatMap((pid) => socketsOf(pid).map((socket) => [socket, pid] as const)));
  return new Map(
    clients.map((client) => [client, holders.get(socketBetween(port, client.port, connections)) ?? 0]),
  );
}

/** The end at `local`, as it is called among the descriptors of its process; see proc(5). */
function socketBetween(local: number, remote: number, connections: string): string {
  const [from, to] = [local, remote].map(
    (port) => `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`,
  );
  const [, inode] = new RegExp(`${from} ${to} (?:\\S+ +){6}(\\d+)`).exec(connections) ?? [];
  return `socket:[${inode}]`;
}

function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(`${folder}/${name}`)];
    } catch {
      // Closed since.
      return [];
    }
  });
}
