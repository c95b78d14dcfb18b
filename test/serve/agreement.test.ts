import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ask, requestText } from "../fixtures/raw-client.ts";
import { conditions, responses, script } from "./agreement-samples.ts";
import { startProxy, type TestProxy } from "./proxy.ts";

/** The short cut of `serve/hit/hit` and the long way must give the same bytes for every request. */

let short: TestProxy;
let long: TestProxy;
beforeAll(async () => {
  short = await startProxy(script);
  long = await startProxy(script, { shortCut: false });
});
afterAll(async () => {
  await short.stop();
  await long.stop();
});

describe.each(["GET", "HEAD"])("%s", (method) => {
  test.each(Object.keys(responses))("%s is answered with the same bytes on both ways", async (path) => {
    for (const [round, fields] of conditions.entries()) {
      const target = `${path}?${method}${round}`;
      for (const seconds of [0, 0, 12, 30, 30]) {
        short.advance(seconds);
        long.advance(seconds);
        const text = requestText(method, target, fields);
        const [one, other] = await Promise.all([ask(short.port, text), ask(long.port, text)]);
        const told = `${target} ${JSON.stringify(fields)} after ${seconds} s`;
        expect(`${told}\n${one.head}${one.text}`).toBe(`${told}\n${other.head}${other.text}`);
      }
    }
  });
});

describe.each(["drop", "keep"] as const)("with --underscore-fields %s", (underscoreFields) => {
  test("clients that differ are answered with the same bytes on both ways, whoever came before", async () => {
    const options = { underscoreFields };
    const ways = [
      await startProxy(script, { options }),
      await startProxy(script, { options, shortCut: false }),
    ];
    try {
      for (const path of Object.keys(responses).filter((path) => path.startsWith("/varies"))) {
        for (const fields of [...conditions, ...conditions]) {
          const text = requestText("GET", path, fields);
          const [one, other] = await Promise.all(ways.map(({ port }) => ask(port, text)));
          const told = `${path} ${JSON.stringify(fields)}`;
          expect(`${told}\n${one?.head}${one?.text}`).toBe(`${told}\n${other?.head}${other?.text}`);
        }
      }
    } finally {
      for (const way of ways) await way.stop();
    }
  });
});
