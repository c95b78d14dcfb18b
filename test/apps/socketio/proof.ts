import { openBrowser } from "../browser.ts";
import type { Claims } from "../claims.ts";
import type { Program } from "../programs.ts";
import type { Stage } from "../running.ts";
import { openEar, type Told } from "../told.ts";
import type { SocketSite } from "./site.ts";

/** Socket.IO's own client in a real browser: both ways of connecting, and what it does when the server has gone. */
export async function proveSockets(
  claims: Claims,
  site: SocketSite,
  server: Program,
  stage: Stage,
): Promise<void> {
  const ear = openEar();
  const browser = openBrowser(stage.folder, `${stage.url}/?ear=${ear.port}`);
  try {
    await proveEchoes(claims, ear.told, 1);
    await server.kill();
    const losses = [/^polling first has lost it/, /^websocket alone has lost it/];
    const lost = await Promise.all(losses.map((loss) => ear.told.hears(loss)));
    claims.claim("both hear of it when the server is killed", true, lost.join("; "));
    await site.start();
    await proveEchoes(claims, ear.told, 2);
    await browser.close();
    claims.claim("both have come through the proxy", true, await stage.joined(/\/socket\.io\//));
  } finally {
    await browser.close();
    await ear.stop();
  }
}

async function proveEchoes(claims: Claims, told: Told, time: number): Promise<void> {
  const when = time === 1 ? "" : ", and again when the server is started anew";
  const ways = [
    ["Socket.IO begins with polling and goes over to a WebSocket", "polling first", ["polling", "websocket"]],
    ["Socket.IO has a WebSocket alone", "websocket alone", ["websocket"]],
  ] as const;
  for (const [what, name, transports] of ways) {
    const heard: string[] = [];
    for (const transport of transports)
      for (const kind of ["text", "bytes"])
        heard.push(await told.hears(new RegExp(`^${name}, time ${time}, over ${transport}: ${kind}$`)));
    claims.claim(`${what}; text and 300 KB come back over each${when}`, true, heard.join("; "));
  }
}
