import { join } from "node:path";
import { configuration, findProgram, type Server, versionOf } from "../servers.ts";

export const squid: Server = {
  name: "squid",
  canTls: false,
  takesWorkers: false,
  version: () => versionOf(["squid", "-v"]),
  async prepare({ folder, port, originPort, memoryMegabytes }) {
    const path = join(folder, "squid.conf");
    const text = await configuration("squid.conf", {
      PORT: `${port}`,
      ORIGIN_PORT: `${originPort}`,
      MEGABYTES: `${memoryMegabytes}`,
      FOLDER: folder,
    });
    await Bun.write(path, text);
    const program = findProgram("squid") ?? "squid";
    await Bun.$`${program} -N -z -f ${path}`.quiet();
    return [program, "-N", "-f", path];
  },
};
