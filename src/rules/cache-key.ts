import type { Scheme } from "./authority.ts";

/** What a key says beside the target. */
export interface KeyScope {
  /** In lower case; "" where the client named none. */
  readonly host: string;
  /** The site's name; "" is the site without one, of which keys say nothing. */
  readonly site?: string;
  readonly scheme?: Scheme;
  /**
   * What else of the request the response may depend on, each with its kind before a colon ("cookie:lang=de"), so that
   * none is taken for the scheme. There is no space in them.
   */
  readonly marks?: readonly string[];
}

/**
 * The primary cache key (RFC 9111 §2), in parts with a space between them: path and query without a fragment; "@" and the
 * name of the site, where it has one; the host; "+https"; and "+" with each mark, in the order of their texts. GET and HEAD
 * share it. No part can hold a space, and no host an "@", so no target is mistaken for one of another host, nor a host for
 * a site. The order is that of what removals name: `/a ` begins the keys of /a and of no other target, `/a @shop ` those
 * of the site, and none of its removals passes by what clients of another site make up.
 *
 * Who makes many keys of one host keeps their ending: target and `keyEnding`, one after the other, are the key.
 */
export function primaryKey(parts: KeyScope & { readonly target: string }): string {
  return parts.target + keyEnding(parts);
}

/** All of a key that comes after the target. With `marksEnding` after it, it is that with the marks. */
export function keyEnding({ host, site = "", scheme = "http", marks = none }: KeyScope): string {
  const ofSite = site === "" ? "" : `@${site} `;
  return ` ${ofSite}${host}${scheme === "https" ? ofHttps : ""}${marksEnding(marks)}`;
}

/** The last of a key: the marks that depend on what a single request says. */
export function marksEnding(marks: readonly string[]): string {
  const [first] = marks;
  if (first === undefined) return "";
  return marks.length === 1 ? ` +${first}` : ` +${[...marks].sort().join(" +")}`;
}

/** What of the key is the target. */
export function targetOfKey(key: string): string {
  const end = key.indexOf(" ");
  return end === -1 ? key : key.slice(0, end);
}

/** What of the key is the host. */
export function hostOfKey(key: string): string {
  const start = hostStart(key);
  return key.slice(start, hostEnd(key, start));
}

/** The name of the site that the key is of; "" for the site without one. */
export function siteOfKey(key: string): string {
  const start = key.indexOf(" ") + 1;
  return key[start] === "@" ? key.slice(start + 1, hostStart(key) - 1) : "";
}

/** What of the key is target, site and host: all but scheme and marks. */
export function pageOfKey(key: string): string {
  return key.slice(0, hostEnd(key, hostStart(key)));
}

export function hasMarks(key: string): boolean {
  const end = hostEnd(key, hostStart(key));
  return key.length > end && key.slice(end) !== ofHttps;
}

/** All that a key says, apart. */
export function partsOfKey(key: string): Required<KeyScope> & { readonly target: string } {
  const ending = key
    .slice(hostEnd(key, hostStart(key)))
    .split(" +")
    .slice(1);
  return {
    target: targetOfKey(key),
    site: siteOfKey(key),
    host: hostOfKey(key),
    scheme: ending.includes("https") ? "https" : "http",
    marks: ending.filter((mark) => mark !== "https"),
  };
}

/** Whether the key is of that target. */
export function isKeyOfTarget(key: string, target: string): boolean {
  return key.startsWith(target) && key[target.length] === " ";
}

/** Of which host and site responses are: null stands for every one. */
export interface Whose {
  readonly host: string | null;
  readonly site: string | null;
}

/** Whether the key is of that host and site. */
export function isKeyOf(key: string, { host, site }: Whose): boolean {
  return isKeyOfHost(key, host) && (site === null || siteOfKey(key) === site);
}

function isKeyOfHost(key: string, host: string | null): boolean {
  if (host === null) return true;
  const start = hostStart(key);
  return key.startsWith(host, start) && hostEnd(key, start) === start + host.length;
}

function hostStart(key: string): number {
  const start = key.indexOf(" ") + 1;
  return key[start] === "@" ? key.indexOf(" ", start) + 1 : start;
}

function hostEnd(key: string, start: number): number {
  const end = key.indexOf(" ", start);
  return end === -1 ? key.length : end;
}

const ofHttps = " +https";
const none: readonly string[] = [];
