import { afterEach, describe, expect, test } from "bun:test";
import type { AdvisedTarget, Evidence } from "../../../src/control/cacheability.ts";
import { adviceOnTarget } from "../../../src/worker/cacheability/advice-on-target.ts";
import { startProxy, type TestProxy } from "../../serve/proxy.ts";

let proxy: TestProxy | undefined;
afterEach(async () => {
  await proxy?.stop();
  proxy = undefined;
});

async function advised(said: Partial<AdvisedTarget>, looks: Partial<Evidence> = {}) {
  proxy = await startProxy(() => undefined);
  const target: AdvisedTarget = {
    ...{ site: "", forwarded: "miss", reason: "no-lifetime", url: "http://cache.test/a", paths: null },
    evidence: {
      ...{ method: "GET", status: 200, requestFields: [["host", "cache.test"]], responseFields: [] },
      ...looks,
    },
    ...said,
  };
  return await adviceOnTarget(target, proxy.explain);
}

describe("a worker advises", () => {
  test("on a request that had cookies, of which the values are not known", async () => {
    const advice = await advised(
      { reason: "request-sender" },
      { requestFields: [["cookie", "session=…; lang=…"]] },
    );
    expect(advice[0]?.text).toContain("cookie session, cookie lang");
  });

  test.each([
    "http:///a",
    "http://256.256.256.256/a",
    "http://[::1/a",
    "http://cache.test*",
    "http://a b.test/a",
    "https://cache.test/a%zz?b=[]",
  ])("on %s, however odd", async (url) => {
    expect((await advised({ url })).length).toBeGreaterThan(0);
  });
});
