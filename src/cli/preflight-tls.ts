import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { options } from "../config/options.ts";
import type { Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";

const certFlag = `--${options.tlsCert.name}`;
const keyFlag = `--${options.tlsKey.name}`;
const caFlag = `--${options.originCa.name}`;
const http3Flag = `--${options.http3.name}`;

/** Rejects with a `UsageError` unless certificate and key are both there and belong together, or neither is wanted. */
export async function checkTls(settings: Settings): Promise<void> {
  const { tlsCert, tlsKey, http3 } = settings;
  if (tlsCert === undefined && tlsKey === undefined) {
    if (!http3) return;
    throw new UsageError(`${http3Flag} speaks TLS always; there should be ${certFlag} and ${keyFlag}, too`);
  }
  if (tlsCert === undefined)
    throw new UsageError(`${keyFlag} is of no use alone; there should be ${certFlag}, too`);
  if (tlsKey === undefined)
    throw new UsageError(`${certFlag} is of no use alone; there should be ${keyFlag}, too`);
  const certificate = await readPem(certFlag, tlsCert, "a certificate", (pem) => new X509Certificate(pem));
  const key = await readPem(keyFlag, tlsKey, "a private key without passphrase", (pem) =>
    createPrivateKey(pem),
  );
  refuseStrangers(certificate, key, { tlsCert, tlsKey });
}

/** Rejects with a `UsageError` unless all that the origin's authorities are read from can be used. */
export async function checkOriginCa({ origin, originCa }: Settings): Promise<void> {
  if (originCa === undefined) return;
  if (!origin.startsWith("https:")) {
    throw new UsageError(
      `${caFlag} is for an origin that speaks TLS; --${options.origin.name} should begin with https://`,
    );
  }
  await readPem(caFlag, originCa, "the certificates of one authority or more", (pem) => {
    const certificates = pem.toString("latin1").match(pemCertificate) ?? [];
    if (certificates.length === 0) throw new Error("there is no certificate");
    for (const certificate of certificates) new X509Certificate(certificate);
  });
}

const pemCertificate = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

async function readPem<Part>(
  flag: string,
  path: string,
  what: string,
  parse: (pem: Buffer) => Part,
): Promise<Part> {
  const where = `${flag} ${JSON.stringify(path)}`;
  let pem: Buffer;
  try {
    pem = await readFile(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : error;
    throw new UsageError(`${where} cannot be read (${code}); it should be a PEM file you may read`);
  }
  try {
    return parse(pem);
  } catch {
    throw new UsageError(`${where} holds none; it should be a PEM file with ${what}`);
  }
}

function refuseStrangers(
  certificate: X509Certificate,
  key: KeyObject,
  { tlsCert, tlsKey }: { readonly tlsCert: string; readonly tlsKey: string },
): void {
  if (certificate.checkPrivateKey(key)) return;
  const problem = `${keyFlag} ${JSON.stringify(tlsKey)} is not the key of ${certFlag} ${JSON.stringify(tlsCert)}`;
  throw new UsageError(`${problem}; it should be the key the certificate was made for`);
}
