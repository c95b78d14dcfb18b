import { expect, test } from "bun:test";
import { clientAddress } from "../../src/worker/client-address.ts";

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["::FFFF:192.0.2.7", "192.0.2.7"],
  ["::1", "::1"],
  ["2001:db8::ffff:1", "2001:db8::ffff:1"],
])("a client at %s is told of as %s", (address, told) => {
  expect(clientAddress({ address })).toBe(told);
});

test("where the socket has no address there is none", () => {
  expect(clientAddress(null)).toBeNull();
});
