import { expect, test } from "bun:test";
import { steeringVariables } from "../../src/system/steering.ts";

test.each([
  "BUN_OPTIONS",
  "BUN_BE_BUN",
  "BUN_INSPECT",
  "BUN_CONFIG_MAX_HTTP_REQUESTS",
  "BUN_JSC_useJIT",
  "BUN_GC_TIMER_DISABLE",
  "BUN_FEATURE_FLAG_DISABLE_IO_POOL",
  "BUN_RUNTIME_TRANSPILER_CACHE_PATH",
  "NODE_OPTIONS",
  "NODE_ENV",
  "NODE_TLS_REJECT_UNAUTHORIZED",
  "NODE_CHANNEL_FD",
  "JSC_dumpOptions",
  "MIMALLOC_VERBOSE",
  "mimalloc_verbose",
])("%s steers Bun", (name) => {
  expect(steeringVariables({ PATH: "/bin", [name]: "1" })).toEqual([name]);
});

test.each([
  "PATH",
  "HOME",
  "TZ",
  "NO_COLOR",
  "CACHEPROXY_PORT",
  "CACHEPROXY_CONFIG",
  "SSL_CERT_FILE",
  "NODE_EXTRA_CA_CERTS",
  "BUN_INSTALL",
  "NOTIFY_SOCKET",
  "MY_BUN_OPTIONS",
  "BUN",
])("%s does not", (name) => {
  expect(steeringVariables({ [name]: "1" })).toEqual([]);
});
