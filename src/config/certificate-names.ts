import { X509Certificate } from "node:crypto";

/**
 * The hosts a certificate is for, "shop.example" or "*.shop.example", in lower case. Clients go by its subjectAltName alone
 * (RFC 9525 §1.4), and by an address nobody asks for a certificate (RFC 6066 §3).
 */
export function certificateNames(pem: string | Buffer): readonly string[] {
  const { subjectAltName = "" } = new X509Certificate(pem);
  const names = [...subjectAltName.matchAll(alternativeName)].map(([, name = ""]) => name.toLowerCase());
  return [...new Set(names)];
}

const alternativeName = /(?:^|, )DNS:([a-z0-9*._-]+)(?=,|$)/gi;
