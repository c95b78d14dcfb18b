import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkTls } from "../../src/cli/preflight-tls.ts";
import type { Settings } from "../../src/config/schema.ts";
import { UsageError } from "../../src/config/usage-error.ts";
import { type Certificate, makeCertificate } from "../fixtures/certificate.ts";
import { someSettings } from "../supervisor/fake-workers.ts";

let folder: string;
let site: Certificate;
let other: Certificate;
let rubbish: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cacheproxy-tls-"));
  site = await makeCertificate(folder);
  other = await makeCertificate(folder, "other");
  rubbish = join(folder, "rubbish.pem");
  await Bun.write(rubbish, "rubbish\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function complaint(over: Partial<Settings>): Promise<string | null> {
  try {
    await checkTls({ ...someSettings, ...over });
    return null;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

describe("certificate and key", () => {
  test("that belong together are taken, and so is neither", async () => {
    expect(await complaint({ tlsCert: site.cert, tlsKey: site.key, http3: true })).toBeNull();
    expect(await complaint({})).toBeNull();
  });

  test.each<[what: string, over: () => Partial<Settings>, line: string]>([
    [
      "a certificate alone",
      () => ({ tlsCert: site.cert }),
      "--tls-cert is of no use alone; there should be --tls-key, too",
    ],
    [
      "a key alone",
      () => ({ tlsKey: site.key }),
      "--tls-key is of no use alone; there should be --tls-cert, too",
    ],
    [
      "HTTP/3 without them",
      () => ({ http3: true }),
      "--http3 speaks TLS always; there should be --tls-cert and --tls-key, too",
    ],
    [
      "a certificate that is not there",
      () => ({ tlsCert: "/none.pem", tlsKey: site.key }),
      '--tls-cert "/none.pem" cannot be read (ENOENT); it should be a PEM file you may read',
    ],
    [
      "a key that is a folder",
      () => ({ tlsCert: site.cert, tlsKey: folder }),
      `--tls-key "${"FOLDER"}" cannot be read (EISDIR); it should be a PEM file you may read`,
    ],
    [
      "a certificate that is none",
      () => ({ tlsCert: rubbish, tlsKey: site.key }),
      '--tls-cert "FOLDER/rubbish.pem" holds none; it should be a PEM file with a certificate',
    ],
    [
      "a certificate in place of the key",
      () => ({ tlsCert: site.cert, tlsKey: site.cert }),
      '--tls-key "FOLDER/site.crt" holds none; it should be a PEM file with a private key without passphrase',
    ],
    [
      "the key of another certificate",
      () => ({ tlsCert: site.cert, tlsKey: other.key }),
      '--tls-key "FOLDER/other.key" is not the key of --tls-cert "FOLDER/site.crt"; it should be the key the certificate was made for',
    ],
  ])("%s is refused in one line", async (_, over, line) => {
    expect((await complaint(over()))?.replaceAll(folder, "FOLDER")).toBe(line);
  });
});
