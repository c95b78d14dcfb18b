import { expect, test } from "bun:test";
import { startOrigin } from "../fixtures/origin.ts";
import { requestText } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { answered, gather } from "./crowd.ts";
import { startProxy } from "./harness.ts";

const keep = stoppedAfterEach();

test.skipIf(process.platform !== "linux")(
  "what a POST removes in all workers does not keep its answer, which a GET may have, from any of them",
  async () => {
    const origin = keep(
      await startOrigin(async ({ request, body, respond }) => {
        await body;
        const fields = { "Cache-Control": "max-age=60", "Content-Location": request.target };
        await respond(200, fields, `said to ${request.method}`);
      }),
    );
    const proxy = keep(await startProxy(origin.url, { flags: ["--log", "off"] }));
    const crowd = keep(await gather(proxy, 1));
    const [one, two] = crowd.clients.flat();
    if (one === undefined || two === undefined) throw new Error("there should be two workers");
    await answered(one, requestText("POST", "/page", { "Content-Length": "0" }));
    for (const client of [one, two]) {
      expect((await answered(client, requestText("GET", "/page"))).text).toBe("said to POST");
    }
  },
);
