import { describe, expect, test } from "bun:test";
import { type ClientReaderOptions, createClientReader } from "../../src/origin/client-reader.ts";
import type { ClientFacts } from "../../src/origin/request.ts";

const trusting: ClientReaderOptions = { trust: ["10.0.0.0/8"], protocol: "http", isUnix: false };
const spoken = {
  Host: "inner.example",
  "X-Forwarded-For": "192.0.2.7",
  "X-Forwarded-Proto": "https",
  "X-Forwarded-Host": "Shop.example:443",
};
const asTold: ClientFacts = {
  address: "192.0.2.7",
  protocol: "https",
  host: "shop.example",
  speaksForOthers: false,
};

describe("a client is who the peer says, where the peer is trusted, and else the peer", () => {
  test.each<
    [what: string, options: Partial<ClientReaderOptions>, peer: string | null, expected: ClientFacts | null]
  >([
    ["a trusted peer", {}, "10.0.0.1", asTold],
    ["another peer", {}, "192.0.2.1", null],
    ["a peer that has left", {}, null, null],
    ["nobody is trusted", { trust: [] }, "10.0.0.1", null],
    ["a unix socket where this machine is trusted", { trust: ["127.0.0.0/8"], isUnix: true }, null, asTold],
    ["a unix socket where others are", { isUnix: true }, null, null],
  ])("%s", (_, options, peer, expected) => {
    const reader = createClientReader({ ...trusting, ...options });
    const asItCame: ClientFacts = { address: peer, protocol: "http", host: "inner.example" };
    const fields = new Headers(spoken);
    expect(reader.told(fields, () => peer)).toEqual(expected);
    expect(reader.facts(fields, () => peer)).toEqual(expected ?? asItCame);
  });
});

test("what is not told is as it came, and the host is keyed by the scheme that is told", () => {
  const reader = createClientReader(trusting);
  const facts = (fields: Record<string, string>) => reader.facts(new Headers(fields), () => "10.0.0.1");
  expect(facts({ Host: "a.example:443", "X-Forwarded-Proto": "https" })).toEqual({
    ...{ address: "10.0.0.1", protocol: "https", host: "a.example", speaksForOthers: true },
  });
  expect(facts({ Host: "a.example:80", "X-Real-IP": "192.0.2.7" })).toEqual({
    ...{ address: "192.0.2.7", protocol: "http", host: "a.example", speaksForOthers: false },
  });
  expect(facts({ Host: "a, b" })).toEqual({ address: "10.0.0.1", protocol: "http", host: "" });
  expect(facts({})).toEqual({ address: "10.0.0.1", protocol: "http", host: "" });
});

test("an address is not looked up where nothing is told, or nobody is trusted", () => {
  const peer = () => {
    throw new Error("looked up");
  };
  const plain = new Headers({ Host: "a.example", Accept: "*/*" });
  expect(createClientReader(trusting).told(plain, peer)).toBeNull();
  expect(createClientReader({ ...trusting, trust: [] }).told(new Headers(spoken), peer)).toBeNull();
});
