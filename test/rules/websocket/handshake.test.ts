import { expect, test } from "bun:test";
import { acceptOf } from "../../../src/rules/websocket/handshake.ts";

test("a key is answered as RFC 6455 §1.3 has it", () => {
  expect(acceptOf("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});
