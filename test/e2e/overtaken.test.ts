import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Exchange, Script } from "../fixtures/origin.ts";
import { type RawClient, requestText } from "../fixtures/raw-client.ts";
import { answered, type Crowd, gather } from "./crowd.ts";
import { type RunningProxy, runBinary, startProxy } from "./harness.ts";
import { type MoodyOrigin, startMoodyOrigin } from "./moods.ts";

/**
 * A removal reaches what is under way: who asked before it may have the old page; who asks after it, of any worker, must
 * not, and it may not be stored either.
 */

const older = "older page";
const newer = "newer page";
const part = { first: 0, last: 6 };
const groups = { "Cache-Groups": '"news"' };
const fresh = { ...groups, "Cache-Control": "max-age=600", "Content-Type": "text/plain" };

/** What is under way when the removal comes. */
const underWay = ["an answer", "a body", "a refresh", "a range"] as const;
type UnderWay = (typeof underWay)[number];

const removals: Readonly<Record<string, (visit: Visit) => Promise<unknown>>> = {
  "POST to it": ({ other, target }) =>
    answered(other, requestText("POST", target, { "Content-Length": "0" })),
  "POST that names its group": ({ other }) =>
    answered(other, requestText("POST", "/form", { "Content-Length": "0" })),
  "purge of it": ({ proxy, target }) => purge(proxy, target),
  "purge of a prefix": ({ proxy, target }) => purge(proxy, "--prefix", target.slice(0, -2)),
  "purge of its group": ({ proxy }) => purge(proxy, "--group", "news"),
  "purge of all": ({ proxy }) => purge(proxy, "--all"),
};

interface Visit {
  readonly proxy: RunningProxy;
  readonly target: string;
  /** A client of another worker, where there is one. */
  readonly other: RawClient;
}

async function purge({ cacheDir }: RunningProxy, ...words: string[]): Promise<void> {
  const { stderr } = await runBinary(["purge", "--cache-dir", cacheDir, ...words]);
  if (stderr !== "" && !stderr.includes("othing")) throw new Error(stderr);
}

describe.skipIf(process.platform !== "linux").each([1, 2])("with %i workers", (workers) => {
  let origin: MoodyOrigin;
  let proxy: RunningProxy;
  let crowd: Crowd;
  beforeAll(async () => {
    origin = await startMoodyOrigin();
    const flags = ["--log", "off", "--collapse-wait", "1m", "--range-fill", "off"];
    proxy = await startProxy(origin.url, { flags, workers });
    crowd = await gather(proxy, 4 / workers);
  });
  afterAll(async () => {
    await crowd.stop();
    await proxy.stop();
    await origin.stop();
  });

  const cases = underWay.flatMap((what) => Object.keys(removals).map((how) => [what, how] as const));
  test.each(cases)("%s is under way, a %s comes", async (what, how) => {
    const target = `/${what}-${how}/x`.replaceAll(" ", "-");
    const [first, second, third, fourth] = inTurn(crowd);
    const range: Record<string, string> =
      what === "a range" ? { Range: `bytes=${part.first}-${part.last}` } : {};
    const expected = (body: string) => (what === "a range" ? partOf(body) : body);
    const request = requestText("GET", target, range);

    if (what === "a refresh") {
      origin.be("healthy", ({ respond }) => {
        const fields = { ...fresh, "Cache-Control": "max-age=60, stale-while-revalidate=600", Age: "100" };
        return void respond(200, fields, older);
      });
      await answered(first, request);
    }
    const barrier = Promise.withResolvers<void>();
    origin.be("healthy", changing(what, barrier.promise));
    await first.send(request);
    const before = first.response();
    await origin.untilAsked(target);
    if (what === "a refresh") await before;

    await removals[how]?.({ proxy, target, other: second });
    for (const client of [third, fourth, second]) {
      expect((await answered(client, request)).text).toBe(expected(newer));
    }
    expect(origin.asked(target)).toBe(how === "POST to it" ? 3 : 2);
    barrier.resolve();
    if (what !== "a refresh") expect((await before).text).toBe(expected(older));
    // What came late has not been stored over what came since.
    for (const client of [first, second]) {
      expect((await answered(client, request)).text).toBe(expected(newer));
    }
  });
});

/** One of each worker, then another of each. */
function inTurn({ clients }: Crowd): [RawClient, RawClient, RawClient, RawClient] {
  const places = Math.max(...clients.map((group) => group.length));
  const turns = Array.from({ length: places }, (_, place) => clients.map((group) => group[place])).flat();
  return turns as [RawClient, RawClient, RawClient, RawClient];
}

function partOf(body: string): string {
  return body.slice(part.first, part.last + 1);
}

/** An origin that says the older page to the first GET, when it is let, and the newer to all others, at once. */
function changing(what: UnderWay, barrier: Promise<void>): Script {
  let isFirst = true;
  return async (exchange) => {
    const { method, target } = exchange.request;
    if (method === "POST") {
      await exchange.respond(200, target === "/form" ? { "Cache-Group-Invalidation": '"news"' } : {}, "done");
    } else if (isFirst) {
      isFirst = false;
      await sayOlder(exchange, what, barrier);
    } else {
      await say(exchange, newer);
    }
  };
}

async function sayOlder(exchange: Exchange, what: UnderWay, barrier: Promise<void>): Promise<void> {
  if (what !== "a body") {
    await barrier;
    await say(exchange, older);
    return;
  }
  const lines = Object.entries({ ...fresh, "Content-Length": `${older.length}` }).map((field) =>
    field.join(": "),
  );
  await exchange.send(`HTTP/1.1 200 OK\r\n${lines.join("\r\n")}\r\n\r\n${older.slice(0, 3)}`);
  await barrier;
  await exchange.send(older.slice(3));
}

async function say({ request, respond }: Exchange, body: string): Promise<void> {
  const fields = { ...fresh, ETag: `"${body}"` };
  if (request.field("range") === null) {
    await respond(200, fields, body);
    return;
  }
  const contentRange = `bytes ${part.first}-${part.last}/${body.length}`;
  await respond(206, { ...fields, "Content-Range": contentRange }, partOf(body));
}
