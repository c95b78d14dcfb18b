import { afterEach, beforeEach, expect, test } from "bun:test";
import { createOrigins, type Origins } from "../../src/origin/origins.ts";
import { systemClocks } from "../fixtures/clocks.ts";
import { type Origin, type Script, startOrigin } from "../fixtures/origin.ts";

let now: number;
let changes: string[];
let changed: () => void;
let probes: Set<() => void>;
let opened: Origin[];
let door: Origins | undefined;
beforeEach(() => {
  now = 1_000_000;
  changes = [];
  changed = () => undefined;
  probes = new Set();
  opened = [];
  door = undefined;
});
afterEach(async () => {
  door?.stop();
  for (const origin of opened) await origin.stop();
});

/** An origin whose pages are well, and whose health is as told. */
async function originWith(health: Script): Promise<Origin> {
  const origin = await startOrigin(healthy(health));
  opened.push(origin);
  return origin;
}

function healthy(health: Script): Script {
  return (exchange) =>
    exchange.request.target === "/app/healthz" ? health(exchange) : void exchange.respond(200, {}, "page");
}

const status =
  (code: number): Script =>
  (exchange) =>
    void exchange.respond(code, {}, "health");

function open(...origins: Origin[]): Origins {
  const clocks = { ...systemClocks, now: () => now, monotonic: () => now };
  const timeouts = { firstByteTimeout: 10_000, idleTimeout: 10_000, clientTimeout: 10_000 };
  door = createOrigins({
    origins: origins.map(({ url }, number) => ({
      origin: `${url}/app`,
      name: `origin-${number}`,
      authorization: "Basic secret",
      ...clocks,
      ...timeouts,
    })),
    balance: "round-robin",
    health: "/healthz",
    firstTurn: 0,
    every(milliseconds, run) {
      expect(milliseconds).toBe(5_000);
      probes.add(run);
      return () => probes.delete(run);
    },
    now: clocks.now,
    monotonic: clocks.monotonic,
    onChange(_, message) {
      changes.push(message);
      changed();
    },
  });
  return door;
}

/** Five seconds pass, and each origin has answered a probe more. */
async function probe(): Promise<void> {
  now += 5_000;
  for (const [number, run] of [...probes].entries()) {
    const origin = opened[number];
    const before = origin?.exchanges.length;
    // The one before may not have ended yet: then there is none.
    while (origin?.exchanges.length === before) {
      run();
      await new Promise(setImmediate);
    }
    await origin?.exchanges.at(-1)?.gone;
  }
}

/** The probe has had its answer: it closes its connection then. */
async function answered(origin: Origin, number: number): Promise<void> {
  const exchange = await origin.untilExchange(number);
  await exchange.gone;
}

function states(): string[] {
  return door?.status().map(({ state }) => state) ?? [];
}

test("each is asked at once for the path below that of the origin, with the operator's credentials", async () => {
  const origin = await originWith(status(200));
  open(origin);
  const { request } = await origin.untilExchange(1);
  expect(request).toMatchObject({ method: "GET", target: "/app/healthz" });
  expect(request.field("authorization")).toBe("Basic secret");
  expect(request.field("host")).toBe(`127.0.0.1:${origin.port}`);
});

test.each([500, 404, 401])(
  "%j twice in a row takes it out, and the next good answer brings it back",
  async (code) => {
    const [well, sick] = [await originWith(status(204)), await originWith(status(code))];
    open(well, sick);
    await answered(well, 1);
    await answered(sick, 1);
    expect(states()).toEqual(["trusted", "trusted"]);
    const out = Promise.withResolvers<void>();
    changed = out.resolve;
    await probe();
    await out.promise;
    expect(states()).toEqual(["trusted", "left-alone"]);
    const back = Promise.withResolvers<void>();
    changed = back.resolve;
    sick.answer(healthy(status(302)));
    await probe();
    await back.promise;
    expect(states()).toEqual(["trusted", "trusted"]);
    expect(changes).toEqual([
      "the origin origin-1 has failed several times in a row and is left alone for 10 s",
      "the origin origin-1 is trusted again",
    ]);
  },
);

test("the last that is trusted is not taken out by answers: the path may be the wrong one", async () => {
  const origin = await originWith(status(404));
  const only = open(origin);
  await answered(origin, 1);
  await probe();
  await probe();
  const fields = new Headers({ host: "shop.test" });
  const answer = await only({ method: "GET", target: "/", fields, body: null }, new AbortController());
  expect(answer.ok).toBe(true);
  expect(changes).toEqual([]);
});

test("the only one is taken out where it refuses, without costing a client anything", async () => {
  const origin = await originWith(status(200));
  open(origin);
  await answered(origin, 1);
  await origin.stop();
  opened = [];
  const out = Promise.withResolvers<void>();
  changed = out.resolve;
  let settled = false;
  const watch = out.promise.then(() => {
    settled = true;
  });
  while (!settled) {
    for (const run of probes) run();
    await new Promise(setImmediate);
  }
  await watch;
  expect(states()).toEqual(["left-alone"]);
});

test("nothing is asked after the end", async () => {
  const origin = await originWith(() => undefined);
  open(origin);
  const exchange = await origin.untilExchange(1);
  door?.stop();
  await exchange.gone;
  expect(probes.size).toBe(0);
});
