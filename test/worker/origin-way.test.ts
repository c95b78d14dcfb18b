import { afterEach, expect, test } from "bun:test";
import {
  namesOfOrigins,
  type OriginsOfSite,
  openOrigins,
  waysToOrigins,
} from "../../src/worker/origin-way.ts";
import { systemClocks } from "../fixtures/clocks.ts";
import { type Origin, startOrigin } from "../fixtures/origin.ts";

const opened: Origin[] = [];
afterEach(async () => {
  for (const origin of opened.splice(0)) await origin.stop();
});

async function twoOrigins(): Promise<readonly [Origin, Origin]> {
  const start = () => startOrigin((exchange) => void exchange.respond(200, {}, "hello"));
  const two = [await start(), await start()] as const;
  opened.push(...two);
  return two;
}

/** What the origins get of four requests for the host shop.test. */
async function askFour(site: Partial<OriginsOfSite> & Pick<OriginsOfSite, "origins">, isOffline = false) {
  const door = openOrigins(
    { balance: "round-robin", health: isOffline ? "/healthz" : null },
    await waysToOrigins({ preserveHost: false, ...site }),
    {
      clocks: systemClocks,
      ...{ firstByteTimeout: 10_000, idleTimeout: 10_000, clientTimeout: 10_000 },
      isOffline,
      firstTurn: 0,
      newMask: () => new Uint8Array(4),
      every: () => () => undefined,
      onFailure: () => undefined,
      onChange: () => undefined,
      meterFor: () => ({ answered: () => undefined, received: () => undefined }),
    },
  );
  const statuses: number[] = [];
  for (let each = 0; each < 4; each++) {
    const fields = new Headers({
      host: namesOfOrigins({ preserveHost: false, ...site }).originHost ?? "shop.test",
    });
    const answer = await door({ method: "GET", target: "/page", fields, body: null }, new AbortController());
    statuses.push(answer.ok ? answer.response.status : answer.failure.status);
    if (answer.ok) await answer.response.body?.read();
  }
  door.stop();
  return { statuses, status: door.status() };
}

test("each origin of a site is asked by its own name, below its path, with its own credentials", async () => {
  const [first, second] = await twoOrigins();
  const { status } = await askFour({
    origins: [`http://me:secret@127.0.0.1:${first.port}/app`, `http://localhost:${second.port}/app`],
  });
  const heard = [first, second].map(({ requests }) =>
    requests.map(({ target, field }) => [target, field("host"), field("authorization")]),
  );
  const credentials = `Basic ${btoa("me:secret")}`;
  expect(heard).toEqual([
    Array(2).fill(["/app/page", `127.0.0.1:${first.port}`, credentials]),
    Array(2).fill(["/app/page", `localhost:${second.port}`, null]),
  ]);
  expect(status.map(({ name }) => name)).toEqual([
    `http://127.0.0.1:${first.port}/app`,
    `http://localhost:${second.port}/app`,
  ]);
});

test("with preserve-host each is sent the client's", async () => {
  const [first, second] = await twoOrigins();
  await askFour({ origins: [first.url, second.url], preserveHost: true });
  for (const { requests } of [first, second]) {
    expect(requests.map(({ field }) => field("host"))).toEqual(["shop.test", "shop.test"]);
  }
});

test("offline none is asked, not even for its health", async () => {
  const [first, second] = await twoOrigins();
  const { statuses } = await askFour({ origins: [first.url, second.url] }, true);
  expect(statuses).toEqual([504, 504, 504, 504]);
  expect([first.connections, second.connections]).toEqual([0, 0]);
});

test.each<[site: Parameters<typeof namesOfOrigins>[0], names: ReturnType<typeof namesOfOrigins>]>([
  [
    { origins: ["http://10.0.0.1:8080/app", "https://me:secret@10.0.0.2/app/"], preserveHost: false },
    {
      origins: ["http://10.0.0.1:8080", "https://10.0.0.2"],
      pathPrefix: "/app",
      originHost: "10.0.0.1:8080",
    },
  ],
  [
    { origins: ["unix:/run/app.sock"], preserveHost: false },
    { origins: ["http://localhost"], pathPrefix: "", originHost: "localhost" },
  ],
  [
    { origins: ["http://10.0.0.1"], preserveHost: true },
    { origins: ["http://10.0.0.1"], pathPrefix: "", originHost: null },
  ],
])("names of %j", (site, names) => expect(namesOfOrigins(site)).toEqual(names));
