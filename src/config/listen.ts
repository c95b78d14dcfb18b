import { options } from "./options.ts";
import type { CertificateFiles, ListenAddress, Settings } from "./schema.ts";
import { UsageError } from "./usage-error.ts";
import { writtenListen } from "./written-addresses.ts";
import type { WrittenSettings } from "./written-settings.ts";

type Where = { readonly [Name in "listen" | "port" | "host" | "http3"]?: Settings[Name] | undefined };

/** Where to listen, from what is said of it; `said` has only what the operator has written. Throws a `UsageError`. */
export function listenOf(
  { listen, port, host, http3 }: Where,
  said: WrittenSettings,
  certificates: readonly CertificateFiles[],
): Partial<Pick<Settings, "listen" | "port" | "host">> {
  if (listen === undefined) {
    if (port === undefined || host === undefined) return {};
    const scheme = certificates.length > 0 ? "https" : "http";
    return { listen: [{ kind: "tcp", scheme, host, port, isShort: true }] };
  }
  const where = said.listen?.where ?? "--listen";
  refuseBoth(where, said);
  refuseWithoutCertificate(where, listen, certificates);
  const first = listen.find((each) => each.kind === "tcp");
  if (first !== undefined) return { listen, port: first.port, host: first.host };
  if (http3)
    throw new UsageError(`--${options.http3.name} needs a network address beside the sockets of ${where}`);
  return { listen };
}

function refuseBoth(where: string, { port, host }: WrittenSettings): void {
  const other = port ?? host;
  if (other === undefined) return;
  throw new UsageError(`${where} and ${other.where} both say where to listen; there should be one of them`);
}

function refuseWithoutCertificate(
  where: string,
  listen: readonly ListenAddress[],
  certificates: readonly CertificateFiles[],
): void {
  const tls = listen.find((each) => each.kind === "tcp" && each.scheme === "https");
  if (tls === undefined || certificates.length > 0) return;
  throw new UsageError(
    `${where} ${writtenListen(tls)} speaks TLS; there should be --tls-cert and --tls-key, or a [[certificate]] in the file`,
  );
}
