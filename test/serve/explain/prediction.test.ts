import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Facts, Fetched } from "../../../src/control/explanation.ts";
import type { Served } from "../../../src/serve/answer/outcome.ts";
import type { Exchange, Script } from "../../fixtures/origin.ts";
import { ask } from "../../fixtures/raw-client.ts";
import type { Flights } from "../../../src/serve/flight/flights.ts";
import { createDirectory } from "../../store/directory.ts";
import { script as usual } from "../agreement-samples.ts";
import { allFields, type Asked, conversationAbout, paths, plan } from "../generated.ts";
import { beginning, type ProxyOverrides, startProxy, type TestProxy } from "../proxy.ts";

/**
 * What an explanation says is what then happens, whatever is asked, configured and stored; and that it was said changes nothing
 * of what happens.
 */

/** How often each request is explained before it is made. */
type Manner = "unexplained" | "explained" | "fetched";

interface Happened {
  readonly text: string;
  readonly predicted: Facts | null;
  readonly served: Served;
}

interface Story {
  /** Of each request what its client and the log are told. */
  readonly told: readonly string[];
  /** What the origin was asked. */
  readonly heads: readonly string[];
  readonly happened: readonly Happened[];
}

async function story(
  requests: readonly Asked[],
  manner: Manner,
  overrides: ProxyOverrides,
  hasDisk: boolean,
): Promise<Story> {
  const directory = hasDisk ? createDirectory() : null;
  let now = () => beginning;
  const disk = directory?.open({ now: () => now() });
  const proxy = await startProxy(script, { ...overrides, ...(disk === undefined ? {} : { disk }) });
  now = proxy.now;
  const untilLanded = watchFlights(proxy.context.flights);
  const told: string[] = [];
  const happened: Happened[] = [];
  try {
    for (const { text, seconds } of requests) {
      proxy.advance(seconds);
      const predicted = manner === "unexplained" ? null : await explained(proxy, text, manner === "fetched");
      const { head, text: body } = await ask(proxy.port, text);
      told.push(`${text}after ${seconds} s\n${head}${body}`.replaceAll(proxy.origin.url, "the origin"));
      await proxy.untilServed(told.length);
      const served = proxy.served.at(-1);
      if (served !== undefined) happened.push({ text, predicted, served });
      await untilLanded();
    }
    const heads = proxy.origin.requests.map(({ head }) =>
      head.replaceAll(`127.0.0.1:${proxy.origin.port}`, "the origin"),
    );
    return { told: [...told, ...proxy.served.map(logged)], heads, happened };
  } finally {
    await proxy.stop();
    await directory?.dispose();
  }
}

/** What it returns resolves when all is done that has been begun in the background. */
function watchFlights(flights: Flights): () => Promise<void> {
  const lead = flights.lead.bind(flights);
  const begun: Promise<unknown>[] = [];
  flights.lead = (...named) => {
    const leader = lead(...named);
    begun.push(
      leader.landing.then((landed) => (landed.kind === "fill" ? landed.response.fill.outcome : undefined)),
    );
    return leader;
  };
  return async () => {
    for (let each = begun.shift(); each !== undefined; each = begun.shift()) await each;
  };
}

const large = Uint8Array.from({ length: 3000 }, (_, index) => index % 251);
const dated = { Date: "Thu, 01 Jan 2026 12:00:00 GMT" };

/** What only these tests ask for: ranges of something, and what may stand in for an error. */
const answers: Record<string, (exchange: Exchange) => void> = {
  "/video": ({ request, respond }) => {
    const fields = { ...dated, "Cache-Control": "max-age=10", "Content-Type": "video/mp4", ETag: '"v1"' };
    if (request.field("if-none-match") === '"v1"') return void respond(304, fields, "");
    const isMeant = (request.field("if-range") ?? '"v1"') === '"v1"';
    const [, first = "", last] = /^bytes=(\d+)-(\d*)$/.exec(request.field("range") ?? "") ?? [];
    const part = large.subarray(Number(first), last === "" ? large.length : Number(last) + 1);
    if (last === undefined || !isMeant || part.length === 0) return void respond(200, fields, large);
    const range = `bytes ${first}-${Number(first) + part.length - 1}/${large.length}`;
    void respond(206, { ...fields, "Content-Range": range }, part);
  },
  "/lasting": ({ respond }) =>
    void respond(200, { ...dated, "Cache-Control": "max-age=3, stale-if-error=60", ETag: '"v1"' }, "lasting"),
};

/** The clients of these tests may have the origin fail. */
const script: Script = (exchange) => {
  const { request, respond } = exchange;
  const status = request.field("x-fail");
  if (status !== null) return void respond(Number(status), {}, "failed");
  const [path = ""] = request.target.split("?");
  return (answers[path] ?? usual)(exchange);
};

const morePaths = [...paths, ...Array.from({ length: 8 }, () => Object.keys(answers)).flat()];
const moreFields = [
  ...allFields,
  ...["503", "503", "503", "500", "404", "999"].map((status) => ({ "X-Fail": status })),
  ...["0-99", "100-199", "50-149", "0-2999", "2000-2999", "5000-", "-10", "0-9, 20-29"].map((part) => ({
    Range: `bytes=${part}`,
  })),
];

function explained(proxy: TestProxy, text: string, fetch: boolean): Promise<Facts> {
  const [first = "", ...lines] = text.trimEnd().split("\r\n");
  const [method = "", url = ""] = first.split(" ");
  const fields = lines.map((line): [string, string] => {
    const [name = "", value = ""] = line.split(/: ?(.*)/);
    return [name, value];
  });
  return proxy.explain({ method, url, fields, from: "127.0.0.1", fetch });
}

function logged({
  milliseconds: _1,
  firstByteMilliseconds: _2,
  received: _3,
  answered: _4,
  origin: _5,
  ...line
}: Served): string {
  return JSON.stringify(line);
}

/** What of an outcome shows in what is served: `null` where the origin's answer decides. */
function shown({ outcome }: Facts) {
  const { kind, reason, status } = outcome;
  switch (kind) {
    case "hit":
    case "stale":
      return { cache: kind.toUpperCase(), reason, status, forwarded: null };
    case "own":
      return { reason, status, forwarded: null };
    case "purge":
      return { cache: "PURGE", reason, status };
    default:
      return { forwarded: reason };
  }
}

function expectPredicted({ text, predicted, served }: Happened): void {
  if (predicted === null || isAskedAgain(predicted, served)) return;
  const { cache, reason, status, forwarded = null } = served;
  expect({ text, cache, reason, status, forwarded }).toMatchObject({ text, ...shown(predicted) });
}

/** Pieces are held, and what the origin has said of them has had it asked once more: for the rest, or as for what is not stored. */
function isAskedAgain({ outcome, stored }: Facts, { forwarded }: Served): boolean {
  const isAboutPieces = outcome.kind === "partial" || outcome.kind === "revalidate";
  return (
    isAboutPieces &&
    (forwarded === "partial-miss" || forwarded === "partial-hit") &&
    stored.some(({ isPartial, isSelected }) => isPartial && isSelected)
  );
}

/** What the origin says to who only asks is what it then says, and what is made of it is the same. */
function expectJudged({ text, predicted, served }: Happened): void {
  const fetched: Fetched | null = predicted?.fetched ?? null;
  if (fetched === null || served.forwarded === undefined) return;
  const { reason } = served;
  expect({ text, reason }).toEqual({ text, reason: fetched.reason as Served["reason"] });
}

/** As it is told by `expectPredicted` and `expectJudged`, of twins that differ in nothing but that they are asked to explain. */
async function expectAsSaid(
  requests: readonly Asked[],
  overrides: ProxyOverrides,
  hasDisk: boolean,
): Promise<void> {
  const manners = ["unexplained", "explained", "fetched"] as const;
  const stories = manners.map((manner) => story(requests, manner, overrides, hasDisk));
  const [silent, explaining, fetching] = await Promise.all(stories);
  for (const each of [...(explaining?.happened ?? []), ...(fetching?.happened ?? [])]) expectPredicted(each);
  for (const each of fetching?.happened ?? []) expectJudged(each);
  expect(explaining?.told).toEqual([...(silent?.told ?? [])]);
  expect(explaining?.heads).toEqual([...(silent?.heads ?? [])]);
  expect(fetching?.told).toEqual([...(silent?.told ?? [])]);
}

test.each([
  ["in memory", false, 15],
  ["with a disk, and pieces on it", true, 15],
])(
  "under any rules what is said is what happens, and changes nothing: %s",
  async (_, hasDisk, numRuns) => {
    await fc.assert(
      fc.asyncProperty(
        plan,
        conversationAbout(morePaths, moreFields),
        fc.constantFrom([], ["127.0.0.1"]),
        (somePlan, requests, trust) => expectAsSaid(requests, { plan: somePlan, trust }, hasDisk),
      ),
      { numRuns, seed: Number(process.env["SEED"] ?? 14), endOnFailure: true },
    );
  },
  120_000,
);
