import { describe, expect, test } from "bun:test";
import { requestText } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { answered, gather } from "./crowd.ts";
import { runBinary, startProxy } from "./harness.ts";
import { startMoodyOrigin } from "./moods.ts";

/** Of both workers together. */
const clients = 500;
const workers = 2;

const keep = stoppedAfterEach();
const fields = { "Cache-Control": "max-age=600, stale-while-revalidate=600", "Content-Type": "text/plain" };
const request = requestText("GET", "/page");

/** A page of two workers, of which all clients have had the first version. */
async function knownPage() {
  const origin = keep(await startMoodyOrigin());
  const flags = ["--log", "off", "--collapse-wait", "1m"];
  const proxy = keep(await startProxy(origin.url, { workers, flags }));
  const crowd = keep(await gather(proxy, clients / workers));
  origin.be("healthy", (exchange) => void exchange.respond(200, fields, "old"));
  const [[first] = []] = crowd.clients;
  if (first !== undefined) await answered(first, request);
  const wordsOfAll = async (answers = crowd.ask(request)) =>
    (await Promise.all(await answers)).map(({ status, text }) => `${status} ${text}`);
  expect(new Set(await wordsOfAll())).toEqual(new Set(["200 old"]));
  const purge = (...words: string[]) => runBinary(["purge", "--cache-dir", proxy.cacheDir, ...words]);
  return { origin, crowd, purge, wordsOfAll };
}

describe.skipIf(process.platform !== "linux")(`${clients} clients at once on a URL that was purged`, () => {
  test("cost a slow origin one request, and all have what it says now", async () => {
    const { origin, crowd, purge, wordsOfAll } = await knownPage();
    origin.be("slow", (exchange) => void exchange.respond(200, fields, "new"));
    expect((await purge("/page")).code).toBe(0);
    const answers = await crowd.ask(request);
    await origin.untilAsked("/page");
    origin.release();
    const words = await wordsOfAll(Promise.resolve(answers));
    expect([words.length, new Set(words), origin.asked("/page")]).toEqual([clients, new Set(["200 new"]), 1]);
  });

  test("cost one that answers at once no more", async () => {
    const { origin, purge, wordsOfAll } = await knownPage();
    for (const version of ["second", "third", "fourth"]) {
      origin.be("healthy", (exchange) => void exchange.respond(200, fields, version));
      expect((await purge("/page")).code).toBe(0);
      expect(new Set(await wordsOfAll())).toEqual(new Set([`200 ${version}`]));
      expect(origin.asked("/page")).toBe(1);
    }
  });

  test("softly are all answered at once with what is stale, and cost one refresh", async () => {
    const { origin, crowd, purge, wordsOfAll } = await knownPage();
    origin.be("slow", (exchange) => void exchange.respond(200, fields, "new"));
    expect((await purge("--soft", "/page")).code).toBe(0);
    // The origin has not answered anybody yet.
    const answers = await Promise.all(await crowd.ask(request));
    expect(new Set(answers.map((answer) => `${answer.field("x-cache")} ${answer.text}`))).toEqual(
      new Set(["STALE old"]),
    );
    await origin.untilAsked("/page");
    expect(origin.asked("/page")).toBe(1);
    origin.release();
    // The refresh has come when somebody gets it; nobody asks the origin for that.
    for (let words = new Set<string>(); !words.has("200 new"); words = new Set(await wordsOfAll()));
    expect(new Set(await wordsOfAll())).toEqual(new Set(["200 new"]));
    expect(origin.asked("/page")).toBe(1);
  });
});
