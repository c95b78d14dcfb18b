import { binary } from "../e2e/harness.ts";
import { haproxy } from "./peers/haproxy.ts";
import { nginx } from "./peers/nginx.ts";
import { squid } from "./peers/squid.ts";
import { varnish } from "./peers/varnish.ts";
import { type Server, type Site, versionOf } from "./servers.ts";

function tlsWords({ certificate }: Site): string[] {
  return certificate === null ? [] : ["--tls-cert", certificate.cert, "--tls-key", certificate.key];
}

/** A binary of the program, under a name. */
export function cacheproxyOf(name: string, program: string): Server {
  return {
    name,
    canTls: true,
    takesWorkers: true,
    version: () => versionOf([program, "--version"]),
    async prepare(site) {
      const listen = ["--host", "127.0.0.1", "--port", `${site.port}`, "--workers", `${site.workers}`];
      const cache = ["--cache-dir", cacheFolder(site), "--memory", `${site.memoryMegabytes}MB`];
      const origin = ["--origin", `http://127.0.0.1:${site.originPort}`, "--log", "off"];
      return [program, ...listen, ...cache, ...origin, ...tlsWords(site)];
    },
  };
}

/** Where the program keeps its responses in the folder it was given. */
export function cacheFolder({ folder }: Pick<Site, "folder">): string {
  return `${folder}/cache`;
}

export const cacheproxy = cacheproxyOf("cacheproxy", binary);

export const floor: Server = {
  name: "floor",
  canTls: true,
  takesWorkers: false,
  version: async () => `Bun ${Bun.version}`,
  async prepare({ folder, port, originPort, floor, certificate }) {
    const script = `${import.meta.dir}/floor.ts`;
    const tls = certificate === null ? [] : [certificate.cert, certificate.key];
    return [process.execPath, script, `${port}`, `http://127.0.0.1:${originPort}`, floor, folder, ...tls];
  },
};

/** The floor, the program, and its peers. */
export const contenders: readonly Server[] = [floor, cacheproxy, nginx, haproxy, varnish, squid];

export const installHint =
  "on Debian: apt-get install --no-install-recommends wrk nghttp2-client nginx-light haproxy varnish squid";
