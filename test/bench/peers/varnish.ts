import { join } from "node:path";
import { configuration, findProgram, type Server, versionOf } from "../servers.ts";

/** One thread pool for one core, its threads made before they are needed. */
const parameters = ["thread_pools=1", "thread_pool_min=200", "thread_pool_max=2000", "timeout_idle=300"];

export const varnish: Server = {
  name: "varnish",
  canTls: false,
  takesWorkers: false,
  version: () => versionOf(["varnishd", "-V"]),
  async prepare({ folder, port, originPort, memoryMegabytes }) {
    const vcl = join(folder, "bench.vcl");
    await Bun.write(vcl, await configuration("varnish.vcl", { ORIGIN_PORT: `${originPort}` }));
    const words = ["-F", "-j", "none", "-T", "none", "-n", join(folder, "work"), "-f", vcl];
    const listen = ["-a", `127.0.0.1:${port}`, "-s", `malloc,${memoryMegabytes}m`];
    return [
      findProgram("varnishd") ?? "varnishd",
      ...words,
      ...listen,
      ...parameters.flatMap((each) => ["-p", each]),
    ];
  },
};
