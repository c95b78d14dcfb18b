import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkOriginCa, checkTls } from "../../src/cli/preflight-tls.ts";
import type { Settings } from "../../src/config/schema.ts";
import { UsageError } from "../../src/config/usage-error.ts";
import { type Certificate, makeAuthority, makeCertificate } from "../fixtures/certificate.ts";
import { someSettings } from "../supervisor/fake-workers.ts";

let folder: string;
let site: Certificate;
let other: Certificate;
let shop: Certificate;
let rubbish: string;
let pipe: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cacheproxy-tls-"));
  site = await makeCertificate(folder);
  other = await makeCertificate(folder, "other");
  shop = await makeCertificate(folder, "shop", ["DNS:shop.example", "DNS:*.Shop.example"]);
  rubbish = join(folder, "rubbish.pem");
  await Bun.write(rubbish, "rubbish\n");
  pipe = join(folder, "pipe.pem");
  await Bun.$`mkfifo ${pipe}`;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function complaint(over: Partial<Settings>): Promise<string | null> {
  try {
    const { tlsCert: cert, tlsKey: key } = over;
    const certificates = cert === undefined || key === undefined ? [] : [{ cert, key }];
    await checkTls({ ...someSettings, certificates, ...over });
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
    expect(await complaint({ certificates: [site, shop] })).toBeNull();
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
      `--tls-key "${"FOLDER"}" is no file; it should be a PEM file you may read`,
    ],
    [
      "a pipe, which would be waited for",
      () => ({ tlsCert: pipe, tlsKey: site.key }),
      '--tls-cert "FOLDER/pipe.pem" is no file; it should be a PEM file you may read',
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
    [
      "the key of another in the file",
      () => ({ certificates: [site, { cert: shop.cert, key: other.key }] }),
      'certificate: key "FOLDER/other.key" is not the key of certificate: cert "FOLDER/shop.crt"; it should be the key the certificate was made for',
    ],
    [
      "a second one for no host",
      () => ({ certificates: [shop, site] }),
      'certificate: cert "FOLDER/site.crt" names no host, so that nobody gets it; it should name one in subjectAltName, or be the first',
    ],
    [
      "a second one for the same hosts",
      () => ({ certificates: [shop, shop] }),
      'certificate: cert "FOLDER/shop.crt" is for no host that an earlier one is not for (shop.example, *.shop.example); there should be one for each host',
    ],
  ])("%s is refused in one line", async (_, over, line) => {
    expect((await complaint(over()))?.replaceAll(folder, "FOLDER")).toBe(line);
  });
});

describe("the origin's authorities", () => {
  async function complaintOf(originCa: string, origin = "https://example.com"): Promise<string | null> {
    try {
      await checkOriginCa({ name: "", origins: [origin], originCa });
      return null;
    } catch (error) {
      if (error instanceof UsageError) return error.message.replaceAll(folder, "FOLDER");
      throw error;
    }
  }

  test("are taken from a file of one certificate or several", async () => {
    const { authority } = await makeAuthority(folder);
    expect(await complaintOf(authority)).toBeNull();
    const both = join(folder, "both.pem");
    await Bun.write(both, (await Bun.file(authority).text()) + (await Bun.file(site.cert).text()));
    expect(await complaintOf(both)).toBeNull();
    expect(await complaintOf(authority, "https://me:secret@example.com/app")).toBeNull();
  });

  const noCertificate = (name: string) =>
    `--origin-ca "FOLDER/${name}" holds none; it should be a PEM file with the certificates of one authority or more`;

  test.each<[what: string, file: () => Promise<string>, line: string]>([
    ["no certificate", async () => rubbish, noCertificate("rubbish.pem")],
    ["a key", async () => site.key, noCertificate("site.key")],
    [
      "one that is damaged, after one that is not",
      async () => {
        const path = join(folder, "damaged.pem");
        const good = await Bun.file(site.cert).text();
        await Bun.write(path, `${good}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`);
        return path;
      },
      noCertificate("damaged.pem"),
    ],
    [
      "nothing, for it is not there",
      async () => "/none.pem",
      '--origin-ca "/none.pem" cannot be read (ENOENT); it should be a PEM file you may read',
    ],
  ])("are refused in one line where the file holds %s", async (_, file, line) => {
    expect(await complaintOf(await file())).toBe(line);
  });

  test.each(["http://example.com", "unix:/run/app.sock"])("are of no use with %s", async (origin) => {
    expect(await complaintOf(site.cert, origin)).toBe(
      "--origin-ca is for an origin that speaks TLS; --origin should begin with https://",
    );
  });
});
