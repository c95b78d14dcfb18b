import { expect, test } from "bun:test";
import { startOrigin } from "../fixtures/origin.ts";
import { get } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { startProxy } from "./harness.ts";

const keep = stoppedAfterEach();

test.each([
  ["on its way into the cache", "Cache-Control: max-age=60"],
  ["that is passed on", "Cache-Control: no-store"],
])("an answer %s that breaks off is told in the log: for which page, and why", async (_, field) => {
  const origin = keep(
    await startOrigin(async ({ send, reset }) => {
      await send(`HTTP/1.1 200 OK\r\n${field}\r\nContent-Length: 20000000\r\n\r\n${"x".repeat(9_000_000)}`);
      reset();
    }),
  );
  const proxy = keep(await startProxy(origin.url, { flags: ["--log", "off"] }));
  // It is broken off, before its first byte or after it.
  await get(proxy.port, "/film?token=secret", { Host: "shop.test" }).catch(() => null);
  const line = await proxy.stderr.until(/incomplete-body|origin-broken/);
  expect(line).toContain("the answer for shop.test/film?… broke off: ECONNRESET");
  expect(line).not.toContain("secret");
});
