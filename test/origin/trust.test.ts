import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createForward } from "../../src/origin/forward.ts";
import { distrust } from "../../src/origin/trust.ts";
import { makeAuthority, makeCertificate } from "../fixtures/certificate.ts";
import { systemClocks } from "../fixtures/clocks.ts";

let folder: string;
let authority: string;
let vouched: ReturnType<typeof Bun.serve>;
let selfSigned: ReturnType<typeof Bun.serve>;
const connections = new Set<number>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cacheproxy-trust-"));
  const own = await makeAuthority(folder);
  authority = await Bun.file(own.authority).text();
  vouched = serveWith(own);
  selfSigned = serveWith(await makeCertificate(folder, "self"));
});
afterAll(async () => {
  await vouched.stop(true);
  await selfSigned.stop(true);
  await rm(folder, { recursive: true, force: true });
});

function serveWith({ cert, key }: { cert: string; key: string }) {
  return Bun.serve({
    port: 0,
    development: false,
    tls: { cert: Bun.file(cert), key: Bun.file(key) },
    fetch(request, server) {
      connections.add(server.requestIP(request)?.port ?? 0);
      return new Response("hello");
    },
  });
}

async function ask(port: number | undefined, authorities?: string, host = "127.0.0.1") {
  const told: string[] = [];
  const forward = createForward({
    origin: `https://${host}:${port}`,
    ...{ firstByteTimeout: 5000, idleTimeout: 5000, clientTimeout: 5000 },
    ...systemClocks,
    authorities,
    onFailure: (reason, message) => told.push(`${reason}: ${message}`),
  });
  const one = () =>
    forward({ method: "GET", target: "/", fields: new Headers(), body: null }, new AbortController());
  const answer = await one();
  const status = answer.ok ? answer.response.status : answer.failure.explanation;
  if (answer.ok) await answer.response.body?.read();
  return { told, status, again: one };
}

test("an origin that the operator's authority vouches for is believed, and its connections are used again", async () => {
  connections.clear();
  const { status, told, again } = await ask(vouched.port, authority);
  expect([status, told]).toEqual([200, []]);
  for (let count = 0; count < 3; count++) {
    const answer = await again();
    if (answer.ok) await answer.response.body?.read();
  }
  expect(connections.size).toBe(1);
});

test("of several certificates in one file each is believed", async () => {
  const both = authority + (await Bun.file(join(folder, "self.crt")).text());
  for (const { port } of [vouched, selfSigned]) expect((await ask(port, both)).status).toBe(200);
});

test.each([
  ["one that nobody vouches for", () => ask(selfSigned.port), "--origin-ca FILE names others"],
  ["one that an unknown authority vouches for", () => ask(vouched.port), "--origin-ca FILE names others"],
  [
    "one that another authority vouches for",
    () => ask(selfSigned.port, authority),
    "no authority in --origin-ca",
  ],
  [
    "one with another name",
    () => ask(vouched.port, authority, "127.0.0.2"),
    "its certificate is for another name than the one in --origin",
  ],
])(
  "not believed is %s: the operator is told what to do, the client nothing of it",
  async (_, asking, told) => {
    const refused = await asking();
    expect(refused.status).toBe("the origin could not show that it is the right one");
    expect(refused.told).toEqual([expect.stringContaining(told)]);
    expect(refused.told[0]).toStartWith("origin-untrusted: ");
  },
);

test.each([
  ["CERT_HAS_EXPIRED", "expired"],
  ["CERT_NOT_YET_VALID", "not valid yet"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "--origin-ca FILE"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "--origin-ca FILE"],
])("%s says what is wrong", (code, words) => expect(distrust(code, false)).toContain(words));

test("other errors are none of trust", () => expect(distrust("ECONNRESET", true)).toBeNull());
