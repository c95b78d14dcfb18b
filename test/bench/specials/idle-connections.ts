import { runLoad } from "../load.ts";
import { processorSeconds, residentBytes } from "../processes.ts";
import { type Running, startServer } from "../servers.ts";
import { take } from "../take.ts";
import { workloads } from "../workloads.ts";
import type { Outcome, Special } from "./special.ts";

const path = "/o/1024/hit";

/** Live traffic beside connections that once asked for something and then say nothing. */
export const idleConnections: Special = {
  name: "5,000 idle connections beside hits of 1 KB",
  async measure(servers, origin, { quick, seconds }) {
    const outcomes: Record<string, Outcome> = {};
    for (const server of servers) {
      const running = await startServer(server, { originPort: origin.port });
      try {
        outcomes[server.name] = await beside(running, quick ? 500 : 5000, seconds);
      } finally {
        await running.stop();
      }
    }
    return outcomes;
  },
};

async function beside(server: Running, connections: number, seconds: number): Promise<Outcome> {
  const load = workloads.find(({ name }) => name === "hit 1 KB")?.load;
  if (load === undefined) throw new Error("there is no workload of hits of 1 KB");
  await take(`${server.url}${path}`);
  await runLoad(server.url, load, 1);
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
  if (answered < connections) throw new Error(`${server.name} answered ${answered} of ${connections}`);
  return {
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
