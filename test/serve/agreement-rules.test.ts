import { expect, test } from "bun:test";
import fc from "fast-check";
import { ask } from "../fixtures/raw-client.ts";
import { script } from "./agreement-samples.ts";
import { allFields, type Asked, conversationAbout, paths, plan } from "./generated.ts";
import { type ProxyOverrides, startProxy, type TestProxy } from "./proxy.ts";

/** The short cut and the long way, under rules that nobody has thought of: same bytes, same log, same questions to the origin. */

/** Everything that is to be the same, request by request. */
async function story(requests: readonly Asked[], overrides: ProxyOverrides): Promise<string[]> {
  const proxy: TestProxy = await startProxy(script, overrides);
  const told: string[] = [];
  try {
    for (const { text, seconds } of requests) {
      proxy.advance(seconds);
      const { head, text: body } = await ask(proxy.port, text);
      told.push(`${text}after ${seconds} s\n${head}${body}`.replaceAll(proxy.origin.url, "the origin"));
    }
    await proxy.untilServed(requests.length);
    const log = proxy.served.map(
      ({ milliseconds: _1, firstByteMilliseconds: _2, received: _3, answered: _4, origin: _5, ...line }) =>
        line,
    );
    return [
      ...told,
      ...log.map((line) => JSON.stringify(line)),
      ...proxy.origin.requests.map(({ head }) =>
        head.replaceAll(`127.0.0.1:${proxy.origin.port}`, "the origin"),
      ),
    ];
  } finally {
    await proxy.stop();
  }
}

test("under any rules both ways give the same bytes, the same log, and ask the origin the same", async () => {
  await fc.assert(
    fc.asyncProperty(
      plan,
      conversationAbout(paths, allFields),
      fc.constantFrom([], ["127.0.0.1"]),
      async (somePlan, requests, trust) => {
        const [one, other] = await Promise.all([
          story(requests, { plan: somePlan, trust }),
          story(requests, { plan: somePlan, trust, shortCut: false }),
        ]);
        expect(one).toEqual(other ?? []);
      },
    ),
    { numRuns: 60, seed: Number(process.env["SEED"] ?? 12), endOnFailure: true },
  );
}, 120_000);
