import { expect, test } from "bun:test";
import { startOrigin } from "../fixtures/origin.ts";
import { get } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { startProxy } from "./harness.ts";

const keep = stoppedAfterEach();

/** Like WordPress: who does not ask by the site's name is redirected to it. */
async function linesAfterVisits(...flags: string[]): Promise<readonly string[]> {
  const origin = keep(
    await startOrigin(({ request, respond }) => {
      if (request.field("host") === "shop.test") return void respond(200, {}, "welcome");
      return void respond(301, { Location: `http://shop.test${request.target}` });
    }),
  );
  const proxy = keep(await startProxy(origin.url, { flags: ["--workers", "2", "--log", "off", ...flags] }));
  for (let visit = 0; visit < 20; visit += 1) await get(proxy.port, `/${visit}`, { Host: "shop.test" });
  await proxy.stop();
  await proxy.stderr.done;
  return proxy.stderr.all;
}

test("a redirect to the very URL that was asked is told once, of all workers, and names --preserve-host", async () => {
  expect(await linesAfterVisits()).toEqual([
    expect.stringMatching(
      /^cacheproxy: warning: the server answers GET shop\.test\/\d+ with 301 to the same URL.*: try --preserve-host$/,
    ),
  ]);
});

test("with --preserve-host there is nothing to tell", async () => {
  expect(await linesAfterVisits("--preserve-host")).toEqual([]);
});
