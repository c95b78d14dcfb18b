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
 * The primary cache key (RFC 9111 §2): path and query without a fragment, a space, and the host; then, each after a space,
 * "@" and the name of the site, "+https", and "+" with each mark, in the order of their texts. GET and HEAD share it. No
 * part can hold a space, so each is known by its place: no target is mistaken for one of another host, nor a host for a
 * site. As the target comes first, `/a ` begins the keys of /a of every host, and of no other target.
 *
 * Who makes many keys of one host keeps their ending: target and `keyEnding`, one after the other, are the key.
 */
export function primaryKey(parts: KeyScope & { readonly target: string }): string {
  return parts.target + keyEnding(parts);
}

/** All of a key that comes after the target. With `marksEnding` after it, it is that with the marks. */
export function keyEnding({ host, site = "", scheme = "http", marks = none }: KeyScope): string {
  const ofSite = site === "" ? "" : ` @${site}`;
  return ` ${host}${ofSite}${scheme === "https" ? ofHttps : ""}${marksEnding(marks)}`;
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
  return key.slice(key.indexOf(" ") + 1, hostEnd(key));
}

/** The name of the site that the key is of; "" for the site without one. */
export function siteOfKey(key: string): string {
  const end = hostEnd(key);
  return key.slice(end + 2, siteEnd(key, end));
}

/** What of the key is target, host and site: all but scheme and marks. */
export function pageOfKey(key: string): string {
  return key.slice(0, siteEnd(key, hostEnd(key)));
}

export function hasMarks(key: string): boolean {
  const end = siteEnd(key, hostEnd(key));
  return key.length > end && key.slice(end) !== ofHttps;
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
  const start = key.indexOf(" ") + 1;
  if (!key.startsWith(host, start)) return false;
  const end = start + host.length;
  return end === key.length || key[end] === " ";
}

function hostEnd(key: string): number {
  const end = key.indexOf(" ", key.indexOf(" ") + 1);
  return end === -1 ? key.length : end;
}

function siteEnd(key: string, afterHost: number): number {
  if (key[afterHost + 1] !== "@") return afterHost;
  const end = key.indexOf(" ", afterHost + 1);
  return end === -1 ? key.length : end;
}

const ofHttps = " +https";
const none: readonly string[] = [];
