import { join } from "node:path";
import { configuration, type Server, versionOf } from "../servers.ts";

export const nginx: Server = {
  name: "nginx",
  canTls: true,
  version: () => versionOf(["nginx", "-v"]),
  async prepare({ folder, port, originPort, certificate }) {
    const path = join(folder, "nginx.conf");
    const text = await configuration("nginx.conf", {
      PORT: `${port}`,
      ORIGIN_PORT: `${originPort}`,
      TLS: certificate === null ? "" : "ssl http2",
      CERTIFICATE:
        certificate === null
          ? ""
          : `ssl_certificate ${certificate.cert}; ssl_certificate_key ${certificate.key};`,
    });
    await Bun.write(path, text);
    const user = process.getuid?.() === 0 ? "user root;" : "";
    return ["/usr/sbin/nginx", "-p", folder, "-c", path, "-e", "error.log", "-g", `daemon off; ${user}`];
  },
};
