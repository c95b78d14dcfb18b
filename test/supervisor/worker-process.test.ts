import { expect, test } from "bun:test";
import { workerEnvironment } from "../../src/supervisor/worker-process.ts";

test("a worker's environment has what the system needs and nothing that changes how it serves", () => {
  const environment = workerEnvironment({
    PATH: "/bin",
    TZ: "UTC",
    SSL_CERT_FILE: "/etc/ca.pem",
    AWS_SECRET_ACCESS_KEY: "s",
    HTTP_PROXY: "http://proxy",
    BUN_OPTIONS: "--inspect",
    BUN_BE_BUN: "1",
    BUN_CONFIG_MAX_HTTP_REQUESTS: "1",
    NODE_TLS_REJECT_UNAUTHORIZED: "0",
    CACHEPROXY_PORT: "1",
    HOME: undefined,
  });
  expect(environment).toEqual({
    PATH: "/bin",
    TZ: "UTC",
    SSL_CERT_FILE: "/etc/ca.pem",
    BUN_CONFIG_MAX_HTTP_REQUESTS: "65336",
  });
});
