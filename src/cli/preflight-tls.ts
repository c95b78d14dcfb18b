import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { certificateNames } from "../config/certificate-names.ts";
import { whereOf } from "../config/config-file.ts";
import type { Document } from "../config/file/document.ts";
import { options } from "../config/options.ts";
import type { CertificateFiles, Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import type { SitePlan } from "../sites/plan.ts";
import { allOf } from "./all-of.ts";

const certFlag = `--${options.tlsCert.name}`;
const keyFlag = `--${options.tlsKey.name}`;
const caFlag = `--${options.originCa.name}`;
const originFlag = `--${options.origin.name}`;
const http3Flag = `--${options.http3.name}`;

/** A pair of files as the operator has named it. */
interface NamedPair extends CertificateFiles {
  readonly certName: string;
  readonly keyName: string;
}

/**
 * Rejects with a `UsageError` unless each certificate and its key are there and belong together, and each but the first is
 * for a host that no earlier one is for; or none is wanted. `file` is where those stand that no flag names.
 */
export async function checkTls(settings: Settings, file?: Document): Promise<void> {
  refuseHalves(settings);
  const known = new Set<string>();
  const pairs = namedPairs(settings, file);
  await allOf(
    pairs.map((pair, place) => async () => {
      const names = certificateNames(await checkPair(pair));
      if (place > 0 && names.every((name) => known.has(name))) refuseUnreachable(pair, names);
      for (const name of names) known.add(name);
    }),
  );
}

/** The words for the first pair are those of its flags, where these have named it. */
function namedPairs({ tlsCert, certificates }: Settings, file: Document | undefined): NamedPair[] {
  const flagged = tlsCert === undefined ? 0 : 1;
  return certificates.map((pair, place) => {
    if (place < flagged) return { ...pair, certName: certFlag, keyName: keyFlag };
    const nameOf = (key: string) =>
      file === undefined ? `certificate: ${key}` : whereOf(file, ["certificate", place - flagged, key]);
    return { ...pair, certName: nameOf("cert"), keyName: nameOf("key") };
  });
}

function refuseHalves({ tlsCert, tlsKey, http3, certificates }: Settings): void {
  if (tlsCert === undefined && tlsKey !== undefined)
    throw new UsageError(`${keyFlag} is of no use alone; there should be ${certFlag}, too`);
  if (tlsKey === undefined && tlsCert !== undefined)
    throw new UsageError(`${certFlag} is of no use alone; there should be ${keyFlag}, too`);
  if (http3 && certificates.length === 0)
    throw new UsageError(`${http3Flag} speaks TLS always; there should be ${certFlag} and ${keyFlag}, too`);
}

/** The certificate's text. */
async function checkPair({ cert, key, certName, keyName }: NamedPair): Promise<Buffer> {
  const certificate = await readPem(certName, cert, "a certificate", (pem) => ({
    pem,
    parsed: new X509Certificate(pem),
  }));
  const parsedKey = await readPem(keyName, key, "a private key without passphrase", (pem) =>
    createPrivateKey(pem),
  );
  if (certificate.parsed.checkPrivateKey(parsedKey)) return certificate.pem;
  const problem = `${keyName} ${JSON.stringify(key)} is not the key of ${certName} ${JSON.stringify(cert)}`;
  throw new UsageError(`${problem}; it should be the key the certificate was made for`);
}

function refuseUnreachable({ cert, certName }: NamedPair, names: readonly string[]): never {
  const problem =
    names.length === 0
      ? "names no host, so that nobody gets it; it should name one in subjectAltName, or be the first"
      : `is for no host that an earlier one is not for (${names.join(", ")}); there should be one for each host`;
  throw new UsageError(`${certName} ${JSON.stringify(cert)} ${problem}`);
}

/** Rejects with a `UsageError` unless all that the authorities of a site's origins are read from can be used. */
export async function checkOriginCa({ name, origins, originCa }: OriginsOfSite): Promise<void> {
  if (originCa === undefined) return;
  const [caName, originName] =
    name === "" ? [caFlag, originFlag] : [`site ${JSON.stringify(name)}: origin-ca`, "one of its origins"];
  if (!origins.some((origin) => origin.startsWith("https:"))) {
    throw new UsageError(
      `${caName} is for an origin that speaks TLS; ${originName} should begin with https://`,
    );
  }
  await readPem(caName, originCa, "the certificates of one authority or more", (pem) => {
    const certificates = pem.toString("latin1").match(pemCertificate) ?? [];
    if (certificates.length === 0) throw new Error("there is no certificate");
    for (const certificate of certificates) new X509Certificate(certificate);
  });
}

type OriginsOfSite = Pick<SitePlan, "name" | "origins" | "originCa">;

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
    // Of a pipe it would wait for a writer, and there would be nothing left for the workers.
    if (!(await stat(path)).isFile())
      throw new UsageError(`${where} is no file; it should be a PEM file you may read`);
    pem = await readFile(path);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const code = error instanceof Error && "code" in error ? error.code : error;
    throw new UsageError(`${where} cannot be read (${code}); it should be a PEM file you may read`);
  }
  try {
    return parse(pem);
  } catch {
    throw new UsageError(`${where} holds none; it should be a PEM file with ${what}`);
  }
}
