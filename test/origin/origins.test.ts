import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { ForwardOptions, OriginAnswer } from "../../src/origin/forward.ts";
import { createOrigins, type Origins, type OriginsOptions } from "../../src/origin/origins.ts";
import { systemClocks } from "../fixtures/clocks.ts";
import { type Origin, type Script, startOrigin } from "../fixtures/origin.ts";
import { takePort } from "../fixtures/port.ts";

let now: number;
let told: string[];
const opened: { stop(): Promise<void> | void }[] = [];
beforeEach(() => {
  now = 1_000_000;
  told = [];
});
afterEach(async () => {
  for (const each of opened.splice(0)) await each.stop();
});

const clocks = { ...systemClocks, now: () => now, monotonic: () => now };
const timeouts = { firstByteTimeout: 100, idleTimeout: 10_000, clientTimeout: 10_000 };
const hello: Script = (exchange) => void exchange.respond(200, {}, `from ${exchange.request.field("host")}`);
const hanging: Script = () => undefined;
const failing =
  (status: number): Script =>
  (exchange) =>
    void exchange.respond(status, {}, "sorry");

async function originThat(script: Script, port?: number): Promise<Origin> {
  const origin = await startOrigin(script, port);
  opened.push(origin);
  return origin;
}

/** Where nobody listens, and how somebody begins to. */
async function refusingOrigin(): Promise<{ url: string; begin(script: Script): Promise<Origin> }> {
  const { port, stop } = await takePort();
  await stop();
  return { url: `http://127.0.0.1:${port}`, begin: (script) => originThat(script, port) };
}

function doorTo(
  origins: readonly (Pick<Origin, "url"> & Partial<ForwardOptions>)[],
  options: Partial<OriginsOptions> = {},
): Origins {
  const door = createOrigins({
    origins: origins.map(({ url, name, host, authorization }) => ({
      origin: url,
      name: name ?? url,
      host: host ?? null,
      authorization: authorization ?? null,
      ...clocks,
      ...timeouts,
    })),
    balance: "round-robin",
    health: null,
    firstTurn: 0,
    every: () => () => undefined,
    now: clocks.now,
    monotonic: clocks.monotonic,
    onChange: (state) => told.push(state),
    ...options,
  });
  opened.push(door);
  return door;
}

function request(method = "GET", body: string | null = null) {
  const fields = new Headers({ host: "shop.test" });
  return { method, target: "/page", fields, body: body === null ? null : new Blob([body]).stream() };
}

/** "200", or "503 origins-down". */
function wordOf(answer: OriginAnswer): string {
  return answer.ok ? String(answer.response.status) : `${answer.failure.status} ${answer.failure.reason}`;
}

async function ask(door: Origins, method = "GET", body: string | null = null): Promise<string> {
  const answer = await door(request(method, body), new AbortController());
  if (answer.ok) await answer.response.body?.read();
  return wordOf(answer);
}

async function times(count: number, run: () => Promise<string>): Promise<string[]> {
  const words: string[] = [];
  for (let each = 0; each < count; each++) words.push(await run());
  return words;
}

test("who measures hears of each origin by its name: answers with their time, failures, and bytes", async () => {
  const heard: (readonly [string, string | number, number?])[] = [];
  const meterFor = (name: string) => ({
    answered: (answer: OriginAnswer, milliseconds: number) =>
      void heard.push([name, wordOf(answer), milliseconds]),
    received: (bytes: number) => void heard.push([name, bytes]),
  });
  const refusing = await refusingOrigin();
  const slow = await originThat((exchange) => {
    now += 70;
    void exchange.respond(200, {}, "twelve bytes");
  });
  const door = doorTo(
    [
      { ...refusing, name: "a" },
      { ...slow, name: "b" },
    ],
    { meterFor },
  );
  await ask(door);
  const [refused, ...others] = heard;
  expect(refused?.slice(0, 2)).toEqual(["a", "502 origin-refused"]);
  expect(others).toEqual([
    ["b", "200", 70],
    ["b", 12],
  ]);
});

describe("one origin", () => {
  test("that refuses three times is left alone for five seconds, and clients are told at once for how long", async () => {
    const origin = await refusingOrigin();
    const door = doorTo([origin]);
    const refused = "502 origin-refused";
    expect(await times(3, () => ask(door))).toEqual([refused, refused, refused]);
    const heard = await origin.begin(hello);
    now += 3_500;
    const answer = await door(request(), new AbortController());
    if (answer.ok) throw new Error("it was asked");
    expect(answer.failure).toMatchObject({ status: 503, reason: "origins-down", retryAfter: 2 });
    expect(door.refusal()).toEqual(answer.failure);
    expect(heard.requests).toHaveLength(0);
    now += 1_500;
    expect(door.refusal()).toBeNull();
    expect(await times(3, () => ask(door))).toEqual(["200", "200", "200"]);
    expect(told).toEqual(["left-alone", "trusted"]);
  });

  test("that hangs costs three clients its timeout, and no others", async () => {
    const origin = await originThat(hanging);
    const door = doorTo([origin]);
    const words = await times(5, () => ask(door));
    expect(words).toEqual([...Array(3).fill("504 origin-timeout"), ...Array(2).fill("503 origins-down")]);
    expect(origin.requests).toHaveLength(3);
  });

  test.each([500, 502, 503, 504])(
    "that answers %j is asked nevertheless: it may be one page",
    async (status) => {
      const origin = await originThat(failing(status));
      const door = doorTo([origin]);
      expect(await times(6, () => ask(door))).toEqual(Array(6).fill(String(status)));
      expect(told).toEqual([]);
    },
  );

  test("that is tried again is asked by one of many at the same time; the others are answered at once", async () => {
    const origin = await refusingOrigin();
    const door = doorTo([origin]);
    await times(2, () => ask(door));
    expect(door.status()).toMatchObject([{ state: "trusted", failures: 2, restsFor: 0 }]);
    await ask(door);
    now += 1_000;
    expect(door.status()).toMatchObject([{ state: "left-alone", failures: 3, restsFor: 4_000 }]);
    now -= 1_000;
    const rest = Promise.withResolvers<void>();
    const heard = await origin.begin(async (exchange) => {
      await rest.promise;
      await exchange.respond(200, {}, "well again");
    });
    now += 5_000;
    const words = Array.from({ length: 200 }, () => ask(door));
    const others = await Promise.all(words.slice(1));
    expect(new Set(others)).toEqual(new Set(["503 origins-down"]));
    await heard.untilExchange(1);
    expect(door.status()).toMatchObject([{ state: "tried", waiting: 1 }]);
    expect(door.refusal()?.reason).toBe("origins-down");
    rest.resolve();
    expect(await words[0]).toBe("200");
    expect(door.refusal()).toBeNull();
    expect(heard.requests).toHaveLength(1);
    expect(door.status()).toMatchObject([{ state: "trusted", waiting: 0 }]);
  });

  test("may be tried by the next request where the client of the first one leaves", async () => {
    const origin = await refusingOrigin();
    const door = doorTo([origin]);
    await times(3, () => ask(door));
    const heard = await origin.begin(hanging);
    now += 5_000;
    const abort = new AbortController();
    const left = door(request(), abort);
    await heard.untilExchange(1);
    abort.abort();
    await expect(left).rejects.toThrow();
    heard.answer(hello);
    expect(await ask(door)).toBe("200");
  });

  test("is not blamed for clients that leave or do not send their request", async () => {
    const origin = await originThat(hanging);
    const door = doorTo([origin], {
      origins: [{ origin: origin.url, ...clocks, ...timeouts, clientTimeout: 50 }],
    });
    const unsent = () => door({ ...request("POST"), body: new ReadableStream() }, new AbortController());
    for (let each = 0; each < 4; each++) {
      const abort = new AbortController();
      const left = door(request(), abort);
      await origin.untilExchange(origin.exchanges.length + 1);
      abort.abort();
      await expect(left).rejects.toThrow();
      expect(wordOf(await unsent())).toBe("408 client-stalled");
    }
    expect(told).toEqual([]);
  });
});

describe("of several origins", () => {
  test("each is asked in turn", async () => {
    const origins = [await originThat(hello), await originThat(hello), await originThat(hello)];
    const door = doorTo(origins);
    await times(9, () => ask(door));
    expect(origins.map(({ requests }) => requests.length)).toEqual([3, 3, 3]);
  });

  test("each is asked by its own name, with its own credentials and no other's", async () => {
    const refusing = await refusingOrigin();
    const [first, second] = [await originThat(hello), await originThat(hello)];
    const door = doorTo([
      { ...refusing, host: "down.test", authorization: "Basic down" },
      { url: first.url, host: "first.test", authorization: "Basic first" },
      { url: second.url, host: "second.test" },
    ]);
    await times(6, () => ask(door));
    for (const [origin, host, credentials] of [
      [first, "first.test", "Basic first"],
      [second, "second.test", null],
    ] as const) {
      expect(origin.requests.length).toBeGreaterThan(1);
      for (const { field } of origin.requests) {
        expect([field("host"), field("authorization")]).toEqual([host, credentials]);
      }
    }
  });

  test.each<[method: string, body: string | null, words: string[], asked: number]>([
    ["GET", null, ["200", "200"], 2],
    ["HEAD", null, ["200", "200"], 2],
    ["POST", "body", ["502 origin-refused", "200"], 1],
    ["POST", null, ["502 origin-refused", "200"], 1],
    ["PUT", "body", ["502 origin-refused", "200"], 1],
    ["DELETE", null, ["502 origin-refused", "200"], 1],
    ["OPTIONS", null, ["502 origin-refused", "200"], 1],
  ])("one that refuses a %s (body: %j): the next is asked, or not", async (method, body, words, asked) => {
    const origin = await originThat(hello);
    const door = doorTo([await refusingOrigin(), origin]);
    expect(await times(2, () => ask(door, method, body))).toEqual(words);
    expect(origin.requests).toHaveLength(asked);
  });

  test.each<[what: string, script: Script]>([
    ["hangs", hanging],
    ["breaks off", (exchange) => exchange.reset()],
  ])("one that %s has got a POST once, and no other has", async (_, script) => {
    const [sick, well] = [await originThat(script), await originThat(hello)];
    const door = doorTo([sick, well]);
    expect(await ask(door, "POST", "order")).toMatch(/^50[24] /);
    expect([sick.requests.length, well.requests.length]).toEqual([1, 0]);
  });

  test("one whose answer has begun is not asked anew when it breaks off", async () => {
    const half = await originThat(async (exchange) => {
      await exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf");
      exchange.reset();
    });
    const well = await originThat(hello);
    const answer = await doorTo([half, well])(request(), new AbortController());
    if (!answer.ok || answer.response.body === null) throw new Error("no answer has begun");
    const { body } = answer.response;
    await expect(
      (async () => {
        while ((await body.read()) !== undefined);
      })(),
    ).rejects.toThrow();
    expect(well.requests).toHaveLength(0);
  });

  test("one that hangs costs three clients its timeout, who are answered by the next", async () => {
    const [hung, well] = [await originThat(hanging), await originThat(hello)];
    const door = doorTo([hung, well]);
    expect(await times(12, () => ask(door))).toEqual(Array(12).fill("200"));
    expect([hung.requests.length, well.requests.length]).toEqual([3, 12]);
  });

  test("no client waits for more than two that hang", async () => {
    const hung = [await originThat(hanging), await originThat(hanging), await originThat(hanging)];
    expect(await ask(doorTo(hung))).toBe("504 origin-timeout");
    expect(hung.map(({ requests }) => requests.length).sort()).toEqual([0, 1, 1]);
  });

  test("each is asked once at the most, and the last word counts", async () => {
    const origins = [await refusingOrigin(), await refusingOrigin(), await refusingOrigin()];
    expect(await ask(doorTo(origins))).toBe("502 origin-refused");
  });

  test("all down is told at once", async () => {
    const door = doorTo([await refusingOrigin(), await refusingOrigin()]);
    await times(2, () => ask(door));
    expect(door.refusal()).toBeNull();
    await ask(door);
    expect(told).toEqual(["left-alone", "left-alone"]);
    expect(door.refusal()?.reason).toBe("origins-down");
    expect(await times(2, () => ask(door))).toEqual(["503 origins-down", "503 origins-down"]);
    expect(await ask(door, "POST", "order")).toBe("503 origins-down");
  });

  test("one that answers 503 is left alone, but not the last: its answers are passed on", async () => {
    const [sick, well] = [await originThat(failing(503)), await originThat(hello)];
    const door = doorTo([sick, well]);
    const words = await times(10, () => ask(door));
    expect(words.filter((word) => word === "503")).toHaveLength(3);
    expect(sick.requests).toHaveLength(3);
    well.answer(failing(503));
    expect(await times(8, () => ask(door))).toEqual(Array(8).fill("503"));
    expect(told).toEqual(["left-alone"]);
  });

  test("one that was left alone is tried by one GET, and by nothing else for as long again", async () => {
    const refusing = await refusingOrigin();
    const well = await originThat(hello);
    const door = doorTo([refusing, well]);
    await times(6, () => ask(door));
    const returned = await refusing.begin(hello);
    now += 5_000;
    await times(4, () => ask(door, "POST", "order"));
    expect(returned.requests).toHaveLength(0);
    await ask(door);
    expect(returned.requests).toHaveLength(1);
    expect(told).toEqual(["left-alone", "trusted"]);
  });

  test("one that was left alone is tried by a POST where nobody sends anything else", async () => {
    const refusing = await refusingOrigin();
    const door = doorTo([refusing, await originThat(hello)]);
    await times(6, () => ask(door));
    const returned = await refusing.begin(hello);
    now += 10_000;
    await ask(door, "POST", "order");
    expect(returned.requests).toHaveLength(1);
  });

  test("a client that leaves takes its request with it", async () => {
    const hung = await originThat(hanging);
    const abort = new AbortController();
    const left = doorTo([hung, await originThat(hello)])(request(), abort);
    const exchange = await hung.untilExchange(1);
    abort.abort();
    await expect(left).rejects.toThrow();
    await exchange.gone;
  });

  test("who has the fewest requests waiting is asked first, where that is wanted", async () => {
    const rest = Promise.withResolvers<void>();
    const slow = await originThat(async (exchange) => {
      await rest.promise;
      await exchange.respond(200, {}, "slow");
    });
    const quick = await originThat(hello);
    const options = { balance: "least-busy" } as const;
    const way = { ...clocks, ...timeouts, firstByteTimeout: 10_000 };
    const door = doorTo([], {
      ...options,
      origins: [slow, quick].map(({ url }) => ({ origin: url, ...way })),
    });
    const waiting = ask(door);
    await slow.untilExchange(1);
    expect(await times(5, () => ask(door))).toEqual(Array(5).fill("200"));
    expect([slow.requests.length, quick.requests.length]).toEqual([1, 5]);
    rest.resolve();
    expect(await waiting).toBe("200");
  });
});
