import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../src/config/usage-error.ts";
import type { PurgeRequest } from "../../src/control/purge.ts";
import { systemClock } from "../../src/system/clock.ts";
import { secretOf } from "../../src/sites/secret.ts";
import {
  type AdminDoor,
  listenOnAddress,
  listenOnSocket,
  type NetworkGuard,
} from "../../src/supervisor/admin/listener.ts";
import { purgeRoutes } from "../../src/supervisor/admin/purge-routes.ts";
import { takePort } from "../fixtures/port.ts";

const leftovers: (() => unknown)[] = [];
afterEach(async () => {
  for (const remove of leftovers.splice(0)) await remove();
});

const empty: AdminDoor = { routes: [], onError: () => undefined };
const token = "sixteen-letters-and-more";
const guard: NetworkGuard = { isOpen: () => false, token: () => secretOf(token), clock: systemClock };

function taken(address: string): UsageError {
  return new UsageError(`--admin ${address} is taken by another program; it should be a free port`);
}

test("an admin address on which somebody listens is refused", async () => {
  const { port, stop } = await takePort();
  leftovers.push(stop);
  const address = `127.0.0.1:${port}`;
  expect(() => listenOnAddress(address, empty, guard)).toThrow(taken(address));
});

test.each([true, false])("an admin address is not shared, though the other would (%p)", (development) => {
  const other = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    reusePort: true,
    development,
    fetch: () => new Response(),
  });
  leftovers.push(() => other.stop(true));
  const address = `127.0.0.1:${other.port}`;
  expect(() => listenOnAddress(address, empty, guard)).toThrow(taken(address));
});

test("as many names as one purge may have are heard, long as they are together", async () => {
  const heard: PurgeRequest[] = [];
  const purge = (request: PurgeRequest) => {
    heard.push(request);
    return Promise.reject(new UsageError("nobody is here"));
  };
  const { port, stop } = await takePort();
  await stop();
  const routes = purgeRoutes({ purge, purges: () => [] });
  const door = listenOnAddress(`127.0.0.1:${port}`, { ...empty, routes }, guard);
  leftovers.push(() => door.stop());
  const tags = Array.from({ length: 1_000 }, (_, place) => `${place}`.padStart(65, "x"));
  const { status } = await fetch(`http://127.0.0.1:${port}/purge`, {
    ...{ method: "POST", body: JSON.stringify({ tags }) },
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
  });
  expect([status, heard]).toEqual([400, [{ tags }]]);
});

test("an admin address of another machine is refused", () => {
  expect(() => listenOnAddress("192.0.2.1:9090", empty, guard)).toThrow(
    new UsageError(
      "--admin 192.0.2.1:9090 is not an address of this machine; it should be one, or 0.0.0.0 for all",
    ),
  );
});

/** Bun's own patience ends within thirteen seconds, and no clock of ours moves it. */
test("what takes its time is answered on the socket", async () => {
  const folder = mkdtempSync(join(tmpdir(), "admin-"));
  leftovers.push(() => rmSync(folder, { recursive: true }));
  const slow: AdminDoor = {
    routes: [
      {
        ...{ method: "GET", path: "/slow", summary: "", audience: "operator", answer: "text/plain" },
        async respond(context) {
          await Bun.sleep(13_000);
          return context.text("at last");
        },
      },
    ],
    onError: () => undefined,
  };
  const path = join(folder, "admin.sock");
  const door = listenOnSocket(path, slow);
  leftovers.push(() => door.stop());
  expect(await (await fetch("http://localhost/slow", { unix: path })).text()).toBe("at last");
}, 30_000);
