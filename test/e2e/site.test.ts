import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { ask, get, requestText } from "../fixtures/raw-client.ts";
import { type RunningProxy, startProxy } from "./harness.ts";
import { program } from "./programs.ts";
import { serveSite } from "./site.ts";

const files = join(import.meta.dir, "../fixtures/site");
const bytesOf = (name: string) => Bun.file(join(files, name)).bytes();

describe("a small real site", () => {
  let site: ReturnType<typeof serveSite>;
  let proxy: RunningProxy;
  beforeAll(async () => {
    site = serveSite();
    proxy = await startProxy(site.url, { flags: ["--log", "off"] });
  });
  afterAll(async () => {
    await proxy.stop();
    await site.stop();
  });

  test.each([
    ["index.html", "/"],
    ["style.css", "/style.css"],
    ["moon.png", "/moon.png"],
  ])("%s comes byte for byte, first as a MISS, then as a HIT", async (name, target) => {
    for (const cache of ["MISS", "HIT"]) {
      const response = await get(proxy.port, target);
      expect([response.status, response.field("X-Cache"), response.complete]).toEqual([200, cache, true]);
      expect(Buffer.from(response.body)).toEqual(Buffer.from(await bytesOf(name)));
    }
  });

  test("HEAD is answered from what GET stored", async () => {
    await get(proxy.port, "/moon.png");
    const head = await ask(proxy.port, requestText("HEAD", "/moon.png"));
    const length = `${(await bytesOf("moon.png")).length}`;
    expect([head.status, head.field("X-Cache"), head.field("Content-Length")]).toEqual([200, "HIT", length]);
  });

  test("a client's condition is answered with 304", async () => {
    const { fields } = await get(proxy.port, "/style.css");
    const lastModified = fields.find(([name]) => name.toLowerCase() === "last-modified")?.[1] ?? "";
    expect(await get(proxy.port, "/style.css", { "If-Modified-Since": lastModified })).toMatchObject({
      status: 304,
      text: "",
    });
  });

  test("a page that is not there is 404", async () => {
    expect(await get(proxy.port, "/none.html")).toMatchObject({
      status: 404,
      text: "There is no such page.\n",
    });
  });

  const curl = program("curl");
  test.skipIf("missing" in curl)(
    `curl sees what the site serves${"missing" in curl ? `: skipped, ${curl.missing}` : ""}`,
    async () => {
      if ("missing" in curl) return;
      const { stdout } = Bun.spawn([
        curl.path,
        "--silent",
        "--fail",
        "--compressed",
        `${proxy.url}/moon.png`,
      ]);
      expect(await new Response(stdout).bytes()).toEqual(await bytesOf("moon.png"));
    },
  );

  test("the origin gone, fresh pages are served still; others are 502", async () => {
    await get(proxy.port, "/style.css");
    await site.stop();
    expect(await get(proxy.port, "/style.css")).toMatchObject({ status: 200 });
    expect(await get(proxy.port, "/never-asked.html")).toMatchObject({ status: 502 });
  });
});
