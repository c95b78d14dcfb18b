import { expect, test } from "bun:test";
import { type Script, startOrigin } from "../fixtures/origin.ts";
import { connectTo, requestText } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { startProxy } from "./harness.ts";

const keep = stoppedAfterEach();
const chunk = "5\r\nhello\r\n";

async function before(script: Script, flags: readonly string[]) {
  const origin = keep(await startOrigin(script));
  return { origin, proxy: keep(await startProxy(origin.url, { flags: ["--log", "off", ...flags] })) };
}

test("an upload may take longer than --origin-timeout", async () => {
  const { origin, proxy } = await before(
    async (exchange) => {
      await exchange.body;
      await exchange.respond(200, {}, "thanks");
    },
    ["--origin-timeout", "1s"],
  );
  const client = await connectTo(proxy.port);
  await client.send(requestText("POST", "/", { "Content-Length": "12" }));
  for (const part of ["one ", "two ", "last"]) {
    await Bun.sleep(700);
    await client.send(part);
  }
  expect((await client.response("POST")).text).toBe("thanks");
  const [exchange] = origin.exchanges;
  expect(Buffer.from((await exchange?.body)?.bytes ?? []).toString()).toBe("one two last");
  client.close();
});

test("a stream of events may be silent, is each client's own, and ends at the origin with it", async () => {
  const { origin, proxy } = await before(
    ({ send }) =>
      void send(
        `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`,
      ),
    ["--origin-idle-timeout", "500ms"],
  );
  const clients = [];
  for (let count = 0; count < 3; count++) {
    const client = await connectTo(proxy.port);
    await client.send(requestText("GET", "/events"));
    await client.head();
    await client.bytes(chunk.length);
    clients.push(client);
  }
  expect(origin.exchanges.length).toBe(3);
  await Bun.sleep(1200);
  for (const exchange of origin.exchanges) await exchange.send(chunk);
  for (const client of clients) expect(Buffer.from(await client.bytes(chunk.length)).toString()).toBe(chunk);
  for (const client of clients) client.reset();
  for (const exchange of origin.exchanges) await exchange.gone;
});

test("another stream that is silent for longer than --origin-idle-timeout is broken off", async () => {
  const { proxy } = await before(
    ({ send }) => void send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`),
    ["--origin-idle-timeout", "300ms"],
  );
  const client = await connectTo(proxy.port);
  await client.send(requestText("GET", "/log"));
  expect(await client.response()).toMatchObject({ status: 200, text: "hello", complete: false });
  client.close();
});
