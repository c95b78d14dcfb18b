import { options } from "./options.ts";
import type { CertificateFiles, ListenAddress, Settings } from "./schema.ts";
import { UsageError } from "./usage-error.ts";
import { writtenListen } from "./written-addresses.ts";

type Said = Partial<Record<"listen" | "port" | "host", unknown>>;
type Where = { readonly [Name in "listen" | "port" | "host" | "http3"]?: Settings[Name] | undefined };

/** Where to listen, from what is said of it; `said` has only what the operator has written. Throws a `UsageError`. */
export function listenOf(
  { listen, port, host, http3 }: Where,
  said: Said,
  certificates: readonly CertificateFiles[],
): Partial<Pick<Settings, "listen" | "port" | "host">> {
  if (listen === undefined) {
    if (port === undefined || host === undefined) return {};
    const scheme = certificates.length > 0 ? "https" : "http";
    return { listen: [{ kind: "tcp", scheme, host, port }] };
  }
  refuseBoth(said);
  refuseWithoutCertificate(listen, certificates);
  const first = listen.find((each) => each.kind === "tcp");
  if (first !== undefined) return { listen, port: first.port, host: first.host };
  if (http3)
    throw new UsageError(`--${options.http3.name} needs a network address beside the sockets of --listen`);
  return { listen };
}

function refuseBoth(said: Said): void {
  for (const name of ["port", "host"] as const) {
    if (said[name] === undefined) continue;
    throw new UsageError(
      `--listen and --${options[name].name} both say where to listen; there should be one of them`,
    );
  }
}

function refuseWithoutCertificate(
  listen: readonly ListenAddress[],
  certificates: readonly CertificateFiles[],
): void {
  const tls = listen.find((each) => each.kind === "tcp" && each.scheme === "https");
  if (tls === undefined || certificates.length > 0) return;
  throw new UsageError(
    `--listen ${writtenListen(tls)} speaks TLS; there should be --tls-cert and --tls-key, or a [[certificate]] in the file`,
  );
}
