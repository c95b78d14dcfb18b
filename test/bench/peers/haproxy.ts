import { join } from "node:path";
import { configuration, findProgram, type Server, versionOf } from "../servers.ts";

export const haproxy: Server = {
  name: "haproxy",
  canTls: true,
  takesWorkers: true,
  version: () => versionOf(["haproxy", "-v"]),
  async prepare({ folder, port, originPort, workers, certificate, memoryMegabytes }) {
    const path = join(folder, "haproxy.cfg");
    const pem = join(folder, "site.pem");
    if (certificate !== null) {
      await Bun.write(
        pem,
        (await Bun.file(certificate.cert).text()) + (await Bun.file(certificate.key).text()),
      );
    }
    const text = await configuration("haproxy.cfg", {
      PORT: `${port}`,
      ORIGIN_PORT: `${originPort}`,
      WORKERS: `${workers}`,
      MEGABYTES: `${memoryMegabytes}`,
      TLS: certificate === null ? "" : `ssl crt ${pem} alpn h2,http/1.1`,
    });
    await Bun.write(path, text);
    return [findProgram("haproxy") ?? "haproxy", "-db", "-f", path];
  },
};
