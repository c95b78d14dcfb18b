import { runLoad } from "../load.ts";
import { processorSeconds, residentBytes } from "../processes.ts";
import { type Running, startServer } from "../servers.ts";
import { take } from "../take.ts";
import { warmUp } from "../warm-up.ts";
import { workloads } from "../workloads.ts";
import type { Outcome, Special } from "./special.ts";

const path = "/o/1024/hit";

/** Live traffic beside connections that once asked for something and then say nothing. */
export const idleConnections: Special = {
  name: "idle connections beside hits of 1 KB",
  async measure(server, origin, { quick, seconds }) {
    const running = await startServer(server, { originPort: origin.port });
    try {
      return await beside(running, quick ? 500 : 5000, seconds, quick);
    } finally {
      await running.stop();
    }
  },
};

async function beside(
  server: Running,
  connections: number,
  seconds: number,
  quick: boolean,
): Promise<Outcome> {
  const load = workloads.find(({ name }) => name === "hit 1 KB")?.load;
  if (load === undefined) throw new Error("there is no workload of hits of 1 KB");
  await take(`${server.url}${path}`);
  await warmUp(server, load, quick);
  const alone = await cost(server, () => runLoad(server.url, load, seconds));
  const residentBefore = residentBytes(server.pid);
  let [answered, closed] = [0, 0];
  const sockets: { end(): unknown }[] = [];
  for (let opened = 0; opened < connections; opened++) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port: server.port,
      socket: {
        data() {
          answered += 1;
          resolve();
        },
        close() {
          closed += 1;
          resolve();
        },
      },
    });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`);
    sockets.push(socket);
    await promise;
  }
  const perConnection = (residentBytes(server.pid) - residentBefore) / connections;
  const among = await cost(server, () => runLoad(server.url, load, seconds));
  const closedByServer = closed;
  for (const socket of sockets) socket.end();
  if (answered < connections) throw new Error(`answered ${answered} of ${connections}`);
  return {
    connections,
    "CPU per request, against none idle": Number((among / alone).toFixed(2)),
    "KB a connection": Number((perConnection / 1024).toFixed(1)),
    "closed by the server": closedByServer,
  };
}

async function cost(server: Running, run: () => Promise<{ requests: number }>): Promise<number> {
  const before = processorSeconds(server.pid);
  const { requests } = await run();
  return (processorSeconds(server.pid) - before) / requests;
}
