import { normalAuthority, type Scheme } from "./authority.ts";
import type { FieldReader } from "./fields.ts";
import { normalAddress } from "./networks.ts";

/** What proxies that are trusted tell of a request. */
export interface Told {
  /** Null where one of them tells that it does not know the client, or will not say, or tells something unreadable. */
  readonly address: string | null;
  /** Null where none of them tells it. */
  readonly protocol: Scheme | null;
  /** Likewise; it is one host, as it was written. */
  readonly host: string | null;
  /**
   * Whether the one of that address is a proxy, and not the client: it names others in turn and is not trusted to, or is
   * trusted to and names nobody, as one does that tells of the protocol alone.
   */
  readonly speaksForOthers: boolean;
}

const separateFields = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"] as const;
const tellingFields = [...separateFields, "forwarded", "x-real-ip"] as const;

/** Whether any field says who the client is, whoever has written it. */
export function tellsOfClient(fields: FieldReader): boolean {
  return tellingFields.some((name) => fields.get(name) !== null);
}

/**
 * What a request tells of its client, from the right, as far as those who tell it are trusted: each proxy appends what it
 * has seen itself, and what stands to the left of the last trusted one's words is whatever its client has sent. The peer
 * that brought the request is trusted already; `peer` is its address, which is the client's where nobody names another.
 *
 * Where X-Forwarded-For, -Proto or -Host is there Forwarded is not read: nearly every proxy writes the former, and hands on
 * the latter as its client has sent it. X-Real-IP counts where neither names an address.
 */
export function toldByProxies(
  fields: FieldReader,
  peer: string | null,
  isTrusted: (address: string) => boolean,
): Told {
  const forwarded = fields.get("forwarded");
  const isSeparate = separateFields.some((name) => fields.get(name) !== null);
  if (!isSeparate && forwarded !== null) return toldByForwarded(forwarded, peer, isTrusted);
  const { address, speakers, speaksForOthers } = walk(addressesIn(fields), peer, isTrusted);
  const heard = (name: string) => listOf(fields, name).slice(0, speakers);
  return {
    address,
    protocol: farthest(heard("x-forwarded-proto"), schemeOf) ?? null,
    host: farthest(heard("x-forwarded-host"), hostOf) ?? null,
    speaksForOthers,
  };
}

function addressesIn(fields: FieldReader): readonly (string | null)[] {
  const named = listOf(fields, "x-forwarded-for");
  return (named.length > 0 ? named : listOf(fields, "x-real-ip").slice(0, 1)).map(nodeAddress);
}

function toldByForwarded(value: string, peer: string | null, isTrusted: (address: string) => boolean): Told {
  const elements = fromTheRight(value).map(parametersOf);
  const { address, speakers, speaksForOthers } = walk(
    elements.map((element) => (element === null ? null : addressIn(element))),
    peer,
    isTrusted,
  );
  const heard = elements.slice(0, speakers);
  return {
    address,
    protocol: farthest(heard, (element) => said(element, "proto", schemeOf)) ?? null,
    host: farthest(heard, (element) => said(element, "host", hostOf)) ?? null,
    speaksForOthers,
  };
}

/**
 * `names` are what each hop calls the one before it, the nearest first: null for one that cannot be told, undefined where
 * it says nothing of it. The address where trust ends, and how many are trusted, the peer among them.
 */
function walk(
  names: readonly (string | null | undefined)[],
  peer: string | null,
  isTrusted: (address: string) => boolean,
): { readonly address: string | null; readonly speakers: number; readonly speaksForOthers: boolean } {
  let address = peer;
  let speakers = 1;
  let isUnnamed = names.length === 0;
  for (const name of names) {
    isUnnamed = name === undefined;
    if (name === undefined) break;
    address = name;
    if (name === null || !isTrusted(name)) break;
    speakers += 1;
  }
  return { address, speakers, speaksForOthers: isUnnamed || names.length > speakers };
}

/** What the farthest of those who are heard says: the one that the client itself has asked. Null is unreadable, and ends it. */
function farthest<Part, Value>(
  parts: readonly Part[],
  read: (part: Part) => Value | null | undefined,
): Value | undefined {
  let found: Value | undefined;
  for (const part of parts) {
    const value = read(part);
    if (value === null) break;
    found = value ?? found;
  }
  return found;
}

function listOf(fields: FieldReader, name: string): readonly string[] {
  return fromTheRight(fields.get(name) ?? "");
}

/**
 * The members of a list, the last first. It is read from its end: a quote that a client has opened and not closed must not
 * swallow what a proxy has appended.
 */
function fromTheRight(value: string): readonly string[] {
  const members: string[] = [];
  let end = value.length;
  let isQuoted = false;
  for (let at = end - 1; at >= 0; at--) {
    if (value[at] === '"' && !isEscaped(value, at)) isQuoted = !isQuoted;
    if (value[at] !== "," || isQuoted) continue;
    members.push(value.slice(at + 1, end).trim());
    end = at;
  }
  members.push(value.slice(0, end).trim());
  return members.filter((member) => member !== "");
}

function isEscaped(value: string, at: number): boolean {
  let backslashes = 0;
  while (value[at - backslashes - 1] === "\\") backslashes += 1;
  return backslashes % 2 === 1;
}

/** By lower-case name; null where it is no element of Forwarded, or says one thing twice (RFC 7239 §4). */
function parametersOf(element: string): ReadonlyMap<string, string> | null {
  const parameters = new Map<string, string>();
  let rest = element;
  while (rest !== "") {
    const [whole, name, token, quoted] = parameterForm.exec(rest) ?? [];
    if (whole === undefined || name === undefined || parameters.has(name.toLowerCase())) return null;
    parameters.set(name.toLowerCase(), token ?? (quoted ?? "").replaceAll(/\\(.)/g, "$1"));
    rest = rest.slice(whole.length);
  }
  return parameters;
}

/** Many leave the quotes out in which a port or an IPv6 address should stand. */
const parameterForm = /^\s*([!#$%&'*+.^_`|~0-9a-z-]+)=(?:([^\s"\\;,]+)|"((?:[^"\\]|\\.)*)")\s*(?:;[\s;]*|$)/i;

function addressIn(element: ReadonlyMap<string, string>): string | null | undefined {
  const node = element.get("for");
  return node === undefined ? undefined : nodeAddress(node);
}

function said<Value>(
  element: ReadonlyMap<string, string> | null,
  name: string,
  read: (text: string) => Value | null,
): Value | null | undefined {
  const text = element === null ? null : element.get(name);
  return typeof text === "string" ? read(text) : text;
}

/** "192.0.2.7", "[2001:db8::1]", each perhaps with a port; null for "unknown", "_hidden" and what is none. */
function nodeAddress(text: string): string | null {
  const [, bracketed, dotted] = nodeForm.exec(text) ?? [];
  return normalAddress(bracketed ?? dotted ?? text);
}

/** The port may be hidden, too: "192.0.2.7:_b" (RFC 7239 §6). */
const nodeForm = /^"?(?:\[([^\]]*)\]|([\d.]+))(?::[\w.-]+)?"?$/;

function schemeOf(text: string): Scheme | null {
  switch (text.toLowerCase()) {
    case "https":
    case "wss": // Of a WebSocket some proxies tell its own name for the scheme.
      return "https";
    case "http":
    case "ws":
      return "http";
    default:
      return null;
  }
}

function hostOf(text: string): string | null {
  return normalAuthority(text, "http") === null ? null : text;
}
