import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Settings } from "../../src/config/schema.ts";
import type { SitePlan } from "../../src/sites/plan.ts";
import { closeDoors, type Doors, type DoorTools, openDoors } from "../../src/worker/doors.ts";
import { systemClocks } from "../fixtures/clocks.ts";
import { type Origin, startOrigin } from "../fixtures/origin.ts";
import { someSettings } from "../supervisor/fake-workers.ts";

let origin: Origin;
let site: SitePlan;
let told: string[];
let probes: number;
beforeEach(async () => {
  origin = await startOrigin((exchange) => exchange.reset());
  told = [];
  probes = 0;
  site = {
    name: "shop",
    hosts: [],
    origins: [origin.url],
    balance: "round-robin",
    health: "/healthz",
    preserveHost: false,
    settings: {},
    rules: [],
    presetRules: [],
  };
});
afterEach(() => origin.stop());

const tell = ({ message }: { readonly message: string }) => void told.push(message);
const tools: DoorTools = {
  clocks: systemClocks,
  clientTimeout: 10_000,
  firstTurn: 0,
  newMask: () => new Uint8Array(4),
  every() {
    probes++;
    return () => void probes--;
  },
  onOriginTrouble: tell,
  meterFor: () => ({ answered: () => undefined, received: () => undefined }),
  onOriginState: (level, message) => void told.push(`${level} ${message}`),
};

function open(sites: readonly SitePlan[], former: Doors = new Map(), settings: Partial<Settings> = {}) {
  return openDoors({ ...someSettings, ...settings }, sites, tools, former);
}

test("a door that nothing has changed stays open after a reload, whatever else has", async () => {
  const former = await open([site]);
  const next = await open(
    [
      { ...site, hosts: ["shop.test"], maxOutage: 5_000 },
      { ...site, name: "blog" },
    ],
    former,
  );
  closeDoors(former, next);
  expect(next.get("shop")).toBe(former.get("shop"));
  expect(probes).toBe(2);
  closeDoors(next);
  expect(probes).toBe(0);
});

describe("another one takes its place, and the former's probes end, where", () => {
  test.each<[what: string, change: (site: SitePlan) => Partial<SitePlan>, settings: Partial<Settings>]>([
    ["another origin is named", ({ origins }) => ({ origins: [...origins, "http://127.0.0.1:1"] }), {}],
    [
      "its credentials change",
      ({ origins }) => ({ origins: [origins[0]?.replace("//", "//me:secret@") ?? ""] }),
      {},
    ],
    ["the balance changes", () => ({ balance: "path" }), {}],
    ["the path of the probes changes", () => ({ health: "/up" }), {}],
    ["a timeout changes", () => ({}), { originTimeout: 7_000 }],
  ])("%s", async (_, change, settings) => {
    const former = await open([site]);
    const changed = { ...site, ...change(site) };
    const next = await open([changed], former, settings);
    expect(next.get("shop")).not.toBe(former.get("shop"));
    expect(probes).toBe(1 + changed.origins.length);
    closeDoors(former, next);
    expect(probes).toBe(changed.origins.length);
    closeDoors(next);
  });
});

test("offline there are no probes", async () => {
  closeDoors(await open([site], new Map(), { offline: true }));
  expect(origin.connections).toBe(0);
});

test.each([
  ["shop", "shop: the origin broke off before its answer: "],
  ["", "the origin broke off before its answer: "],
])("the operator is told of which site an origin is: %j", async (name, beginning) => {
  const { health, ...silent } = site;
  const doors = await open([{ ...silent, name }]);
  const fields = new Headers({ host: "shop.test" });
  const request = { method: "GET", target: "/", fields, body: null };
  await doors.get(name)?.origins(request, new AbortController());
  expect(told).toEqual([expect.stringContaining(beginning + origin.url)]);
});

test("no door is opened where a file cannot be read", async () => {
  const unreadable = { ...site, name: "other", originCa: "/no/such/file.pem" };
  await expect(open([site, unreadable])).rejects.toThrow(
    /^--origin-ca "\/no\/such\/file\.pem" cannot be read/,
  );
  expect(probes).toBe(0);
});
