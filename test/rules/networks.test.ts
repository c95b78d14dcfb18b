import { describe, expect, test } from "bun:test";
import { compileNetworks, networkOf, normalAddress } from "../../src/rules/networks.ts";

describe("an address is in a network whose first bits it has", () => {
  test.each<[network: string, address: string, isIn: boolean]>([
    ["10.0.0.0/8", "10.255.0.1", true],
    ["10.0.0.0/8", "11.0.0.1", false],
    ["10.1.2.3/8", "10.255.0.1", true],
    ["192.0.2.7", "192.0.2.7", true],
    ["192.0.2.7", "192.0.2.8", false],
    ["192.0.2.8/31", "192.0.2.9", true],
    ["192.0.2.8/31", "192.0.2.10", false],
    ["172.16.0.0/12", "172.31.255.255", true],
    ["172.16.0.0/12", "172.32.0.0", false],
    ["0.0.0.0/0", "203.0.113.1", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["2001:db8::/32", "2001:db8:ffff::1", true],
    ["2001:db8::/32", "2001:db9::1", false],
    ["2001:db8::/33", "2001:db8:8000::1", false],
    ["2001:DB8::1", "2001:0db8:0:0:0:0:0:1", true],
    ["2001:db8::1", "2001:db8::2", false],
    ["fe80::/10", "fe80::1%eth0", true],
    ["::1", "::1", true],
    ["::/0", "2001:db8::1", true],
    ["::/0", "192.0.2.7", false],
    // The same address as a socket on :: tells it.
    ["192.0.2.0/24", "::ffff:192.0.2.7", true],
    ["192.0.2.0/24", "::ffff:c000:207", true],
    ["::ffff:192.0.2.0/120", "192.0.2.7", true],
    ["::/0", "::ffff:192.0.2.7", false],
    ["0.0.0.0/0", "unknown", false],
    ["0.0.0.0/0", "", false],
    ["0.0.0.0/0", "10.0.0.1:80", false],
    ["0.0.0.0/0", "010.0.0.1", false],
  ])("%s, %s: %p", (network, address, isIn) => {
    expect(compileNetworks([network])(address)).toBe(isIn);
  });
});

test("of a list one is enough, and of an empty one there is none", () => {
  const isIn = compileNetworks(["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"]);
  expect(["10.1.1.1", "2001:db8::5", "192.0.2.7", "192.0.2.8"].map(isIn)).toEqual([true, true, true, false]);
  expect(compileNetworks([])("10.0.0.1")).toBe(false);
});

describe("what is no network is none", () => {
  test.each([
    "",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/08",
    "10.0.0.0/-1",
    "10.0.0",
    "10.0.0.256",
    "10.0.0.01",
    "10.0.0.0/8/8",
    "2001:db8::/129",
    "2001:db8",
    "2001:db8:::1",
    "1::2::3",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8",
    "12345::",
    "::ffff:192.0.2.0/95",
    "::192.0.2.1:1",
    "fe80::1%eth0",
    "example.org",
  ])("%j", (text) => {
    // A "::" that stands for no group at all is written by some; who reads strictly does not know what was meant.
    expect(networkOf(text)).toBeNull();
    expect(compileNetworks([text])("10.0.0.1")).toBe(false);
  });
});

describe("an address is told in one form", () => {
  test.each<[text: string, told: string | null]>([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::FFFF:C000:207", "192.0.2.7"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"],
    ["2001:0:0:1:0:0:0:0", "2001:0:0:1::"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["10:0:0:0:0:0:0:10", "10::10"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["::192.0.2.1", "::c000:201"],
    ["unknown", null],
    ["_hidden", null],
    ["192.0.2.7:80", null],
    ["", null],
  ])("%j as %j", (text, told) => {
    expect(normalAddress(text)).toBe(told);
  });
});
