import { join } from "node:path";
import { processorSeconds } from "../processes.ts";
import { errorsIn } from "../rounds.ts";
import { type Load, runLoad } from "../load.ts";
import { type Running, type Server, startServer } from "../servers.ts";
import { spreadOf, told } from "../statistics.ts";
import { take } from "../take.ts";
import { warmUp } from "../warm-up.ts";
import type { Special } from "./special.ts";

const path = "/o/1024/hit";
const load: Load = {
  targets: { kind: "one", path },
  fields: {},
  connections: 64,
  client: "wrk",
  http2: false,
};

/** What a file of fifty sites with ten rules each costs a hit, beside the two-flag start. */
export const fiftySites: Special = {
  name: "fifty sites of ten rules against none, hits of 1 KB",
  async measure(server, origin, { rounds, seconds, quick }) {
    if (server.name !== "cacheproxy") return null;
    const running: Running[] = [];
    try {
      for (const each of [server, withSites(server)]) {
        const started = await startServer(each, { originPort: origin.port });
        running.push(started);
        await take(`${started.url}${path}`);
        await warmUp(started, load, quick);
      }
      const ratios: number[] = [];
      for (let round = 0; round < rounds; round++)
        ratios.push(await ratioOf(running, round % 2 === 1, seconds));
      return { "CPU per hit": told(spreadOf(ratios)) };
    } finally {
      for (const each of running) await each.stop();
    }
  },
};

/** Each has its turn to be first. */
async function ratioOf(running: readonly Running[], isReversed: boolean, seconds: number): Promise<number> {
  const costs = new Map<Running, number>();
  for (const server of isReversed ? running.toReversed() : running) {
    const before = processorSeconds(server.pid);
    const figures = await runLoad(server.url, load, seconds);
    const errors = errorsIn(figures);
    if (errors !== null) throw new Error(errors);
    costs.set(server, (processorSeconds(server.pid) - before) / figures.requests);
  }
  const [plain = Number.NaN, ruled = Number.NaN] = running.map((each) => costs.get(each));
  return ruled / plain;
}

function withSites(server: Server): Server {
  return {
    ...server,
    async prepare(site) {
      const file = join(site.folder, "sites.toml");
      await Bun.write(file, fileOf(site.originPort));
      return [...(await server.prepare(site)), "--config", file];
    },
  };
}

/** The site that is asked is the last of fifty, and none of its rules speaks of the path that is asked. */
function fileOf(originPort: number): string {
  const hosts = Array.from({ length: 49 }, (_, number) => `shop-${number}.example`);
  return [...hosts, "127.0.0.1"]
    .map((host, number) => siteText(`site-${number}`, host, originPort))
    .join("\n");
}

function siteText(name: string, host: string, originPort: number): string {
  const rules = [
    'if = { path = ["/wp-admin/**", "/wp-login.php"] }\npass = true',
    'if = { cookie = ["wordpress_logged_in_*", "wp-postpass_*"] }\npass = true',
    'if = { path = ["/static/**", "*.woff2"], status = [200] }\nlifetime = "30d"',
    'if = { path = "/feed/**" }\nheuristic = false',
    'if = { query = ["preview"] }\npass = true',
    'if = { header = { x-beta = "yes" } }\nstore = false',
    'if = { path = "/old/**" }\nredirect = { to = "/", status = 301 }',
    'if = { path = "**/.git/**" }\ndeny = 404',
    'if = { type = "image/*" }\nmax-lifetime = "7d"',
    'if = { path = "/search" }\nquery = { keep = ["q"] }',
  ];
  const site = `[[site]]\nname = "${name}"\nhosts = ["${host}"]\norigins = ["http://127.0.0.1:${originPort}"]\n`;
  return site + rules.map((rule) => `\n[[site.rule]]\n${rule}\n`).join("");
}
