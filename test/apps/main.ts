/**
 * `make apps`: WordPress and MediaWiki of Debian, and a small app of Next.js, each behind the proxy with its preset; and in a
 * real browser pages that listen to events, have a connection of Socket.IO, or are in the making by Vite and Next.js. What is
 * claimed of them is shown by real requests. Exit code 0 only where all claims hold. ONLY=nextjs tries one.
 */
import { Claims } from "./claims.ts";
import { proveEvents } from "./events/proof.ts";
import { startEventSite } from "./events/site.ts";
import { proveMediaWiki } from "./mediawiki/proof.ts";
import { nameCacheToMediaWiki, startMediaWiki } from "./mediawiki/site.ts";
import { proveLivePage } from "./live-page.ts";
import { proveNextApp } from "./nextjs/proof.ts";
import { startNextApp, startNextDevelopment } from "./nextjs/site.ts";
import { installPackages, packages } from "./packages.ts";
import { proveSockets } from "./socketio/proof.ts";
import { prepareSocketSite } from "./socketio/site.ts";
import { startVite } from "./vite/site.ts";
import { Stage } from "./running.ts";
import { freePort } from "../fixtures/port.ts";
import { proveWordPress } from "./wordpress/proof.ts";
import { startWordPress } from "./wordpress/site.ts";

const applications: Readonly<Record<string, (stage: Stage, claims: Claims) => Promise<void>>> = {
  async wordpress(stage, claims) {
    const site = await startWordPress(stage.programs, stage.originPort, stage.url);
    await stage.startProxy(["wordpress", "woocommerce"], site.origin.url, [purging, 'purge-path = "/purge"']);
    await proveWordPress({ ...site, ...sceneOf(stage, claims) });
  },
  async mediawiki(stage, claims) {
    const origin = await startMediaWiki(stage.programs, stage.originPort, stage.url);
    await stage.startProxy(["mediawiki"], origin.url, [purging]);
    const nameCache = () => nameCacheToMediaWiki(stage.folder, stage.url);
    await proveMediaWiki({ origin, nameCache, ...sceneOf(stage, claims) });
  },
  async nextjs(stage, claims) {
    const origin = await startNextApp(stage.programs, stage.originPort, await freePort());
    await stage.startProxy(["nextjs"], origin.url);
    await proveNextApp({ origin, ...sceneOf(stage, claims) });
  },
  async socketio(stage, claims) {
    const site = await prepareSocketSite(stage.programs, stage.originPort);
    const server = await site.start();
    await stage.startProxy([], `http://127.0.0.1:${stage.originPort}`);
    await proveSockets(claims, site, server, stage);
  },
  async vite(stage, claims) {
    const page = await startVite(stage.programs, stage.originPort);
    await stage.startProxy([], `http://127.0.0.1:${stage.originPort}`);
    await proveLivePage(claims, page, stage);
  },
  async nextjsdev(stage, claims) {
    const page = await startNextDevelopment(stage.programs, stage.originPort);
    await stage.startProxy(["nextjs"], `http://127.0.0.1:${stage.originPort}`);
    await proveLivePage(claims, page, stage);
  },
  async events(stage, claims) {
    const site = await startEventSite(stage.originPort);
    try {
      await stage.startProxy([], site.url);
      await proveEvents(claims, site, stage);
    } finally {
      await site.stop();
    }
  },
};

/** The applications ask for it from this machine. */
const purging = 'purge-from = ["127.0.0.1"]';

const only = process.env["ONLY"];
let stage: Stage | undefined;

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    (stage?.clear() ?? Promise.resolve()).then(() => process.exit(130)).catch(() => process.exit(1));
  });
}

await installPackages(packages, "make apps");
let held = 0;
const failed: string[] = [];
for (const [name, prove] of Object.entries(applications)) {
  if (only !== undefined && !name.match(only)) continue;
  console.log(`\n${name}`);
  const claims = new Claims(name);
  stage = await Stage.set();
  try {
    await prove(stage, claims);
  } catch (error) {
    claims.claim("the proof comes to its end", false, error instanceof Error ? error.message : String(error));
  } finally {
    await stage.clear();
  }
  held += claims.held;
  failed.push(...claims.failed);
}
console.log(`\n${held} claims hold, ${failed.length} do not.`);
for (const each of failed) console.log(`  ${each}`);
process.exit(failed.length === 0 && held > 0 ? 0 : 1);

function sceneOf(stage: Stage, claims: Claims) {
  return {
    claims,
    url: stage.url,
    purge: (target: string) => stage.purge(target),
    purges: () => stage.purges(),
  };
}
