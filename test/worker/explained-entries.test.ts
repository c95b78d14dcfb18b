import { expect, test } from "bun:test";
import type { Settings } from "../../src/config/schema.ts";
import { explainedEntries } from "../../src/worker/explained-entries.ts";

const http = { kind: "tcp", scheme: "http", host: "::", port: 8888 } as const;
const https = { kind: "tcp", scheme: "https", host: "::", port: 8443 } as const;
const unix = { kind: "unix", path: "/run/cache.sock" } as const;

test.each<readonly [string, Settings["listen"], readonly string[], readonly string[], string]>([
  ["of plain listeners only plain requests come", [http, unix], [], ["http"], "localhost:8888"],
  ["of TLS alone only such", [https], [], ["https"], "localhost:8443"],
  [
    "of both both, and the first counts where nothing is said",
    [https, http],
    [],
    ["https", "http"],
    "localhost:8443",
  ],
  ["proxies that are trusted may tell of either", [http], ["127.0.0.1"], ["http", "https"], "localhost:8888"],
  ["a socket has no port", [unix], [], ["http"], "localhost"],
])("%s", (_, listen, trust, protocols, localHost) => {
  const explained = explainedEntries({ listen, trust: [...trust] });
  expect(explained.entries.map(({ protocol }) => protocol)).toEqual([...protocols] as never);
  expect(explained.localHost).toBe(localHost);
});
