import { expect, test } from "bun:test";
import { heapGrowthSettings } from "../../src/supervisor/heap-growth.ts";
import { childEnvironment } from "../../src/supervisor/worker-process.ts";

const gigabyte = 1024 ** 3;

test("a worker's environment has what the system needs and nothing that changes how it serves", () => {
  const given = {
    PATH: "/bin",
    TZ: "UTC",
    SSL_CERT_FILE: "/etc/ca.pem",
    AWS_SECRET_ACCESS_KEY: "s",
    HTTP_PROXY: "http://proxy",
    BUN_OPTIONS: "--inspect",
    BUN_BE_BUN: "1",
    BUN_CONFIG_MAX_HTTP_REQUESTS: "1",
    BUN_JSC_smallHeapGrowthFactor: "9",
    NODE_TLS_REJECT_UNAUTHORIZED: "0",
    CACHEPROXY_PORT: "1",
    HOME: undefined,
  };
  expect(childEnvironment(given, 24 * gigabyte)).toEqual({
    ...heapGrowthSettings(24 * gigabyte),
    PATH: "/bin",
    TZ: "UTC",
    SSL_CERT_FILE: "/etc/ca.pem",
    BUN_CONFIG_MAX_HTTP_REQUESTS: "65336",
    BUN_CONFIG_DNS_TIME_TO_LIVE_SECONDS: "1",
  });
});

test("a heap grows fourfold up to 96 MB, and by half beyond, however much memory the machine has", () => {
  for (const machineBytes of [gigabyte, 24 * gigabyte]) {
    const settings = heapGrowthSettings(machineBytes);
    expect(Number(settings["BUN_JSC_smallHeapRAMFraction"]) * machineBytes).toBeCloseTo(96 * 1024 * 1024);
    expect(settings).toMatchObject({
      BUN_JSC_smallHeapGrowthFactor: "4",
      BUN_JSC_mediumHeapRAMFraction: "1",
      BUN_JSC_mediumHeapGrowthFactor: "1.5",
    });
  }
});
