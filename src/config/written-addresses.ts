import { isIP } from "node:net";
import { z } from "zod";
import type { ListenAddress } from "./schema.ts";
import trustedLists from "./trusted-lists.json" with { type: "json" };
import { hostOf, list, refuse } from "./written.ts";

const lists = new Map<string, readonly string[]>(
  Object.entries(trustedLists).map(([name, { networks }]) => [name, networks]),
);

/** "http://0.0.0.0:80", "https://[::]:443", "unix:/run/cache.sock", with commas between. */
export const listenAddresses = list(
  z.string().transform((text, context) => listenAddressOf(text) ?? refuse(context)),
).refine((addresses) => new Set(addresses.map(placeOf)).size === addresses.length);

/** "10.0.0.0/8", "2001:db8::1", "cloudflare", with commas between: networks, the named lists among them resolved. */
export const trustedNetworks = networkList(() => true);

/** The same without the lists of who speaks for all the world. */
export const ownNetworks = networkList((text) => !lists.has(text) || /^(loopback|private)$/.test(text));

/** An address, one with the length of its prefix, or the name of a list. */
export function network(): z.ZodType<string, string> {
  return z.string().refine((text) => lists.has(text) || isNetwork(text));
}

function networkList(isFit: (text: string) => boolean) {
  return list(network().refine(isFit).transform(networksOf)).transform((found) => [...new Set(found.flat())]);
}

/** The networks of a named list, or the one that is written. */
export function networksOf(text: string): readonly string[] {
  return lists.get(text) ?? [text];
}

/** As the operator writes it. */
export function writtenListen(address: ListenAddress): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  const { scheme, host, port } = address;
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function isNetwork(text: string): boolean {
  const [, address = "", length] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return longest > 0 && Number(length ?? 0) <= longest;
}

function listenAddressOf(text: string): ListenAddress | undefined {
  const path = /^unix:(?:\/\/)?(\/[^\0]*[^\0/])$/i.exec(text)?.[1];
  if (path !== undefined) return { kind: "unix", path };
  const [, scheme = "", writtenHost = "", port] =
    /^(https?):\/\/([^/\s]+?)(?::(\d{1,5}))?\/?$/i.exec(text) ?? [];
  const host = hostOf(writtenHost);
  if (host === undefined || (host.includes(":") && !writtenHost.startsWith("["))) return undefined;
  const isTls = scheme.toLowerCase() === "https";
  const number = port === undefined ? (isTls ? 443 : 80) : Number(port);
  if (number < 1 || number > 65_535) return undefined;
  return { kind: "tcp", scheme: isTls ? "https" : "http", host, port: number };
}

/** One place cannot be listened at twice, whatever is spoken there. */
function placeOf(address: ListenAddress): string {
  return address.kind === "unix" ? address.path : `${address.host} ${address.port}`;
}
