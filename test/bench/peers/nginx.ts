import { join } from "node:path";
import { configuration, findProgram, type Server, versionOf } from "../servers.ts";

export const nginx: Server = {
  name: "nginx",
  canTls: true,
  takesWorkers: true,
  version: () => versionOf(["nginx", "-v"]),
  async prepare({ folder, port, originPort, workers, certificate }) {
    const path = join(folder, "nginx.conf");
    const text = await configuration("nginx.conf", {
      PORT: `${port}`,
      ORIGIN_PORT: `${originPort}`,
      WORKERS: `${workers}`,
      TLS: certificate === null ? "" : "ssl http2",
      CERTIFICATE:
        certificate === null
          ? ""
          : `ssl_certificate ${certificate.cert}; ssl_certificate_key ${certificate.key};`,
    });
    await Bun.write(path, text);
    const user = process.getuid?.() === 0 ? "user root;" : "";
    return [
      findProgram("nginx") ?? "nginx",
      "-p",
      folder,
      "-c",
      path,
      "-e",
      "error.log",
      "-g",
      `daemon off; ${user}`,
    ];
  },
};
