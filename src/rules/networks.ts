/**
 * Addresses of clients and the networks they are in (RFC 4632, RFC 4291). An IPv4 address that IPv6 writes as
 * "::ffff:192.0.2.7" is that IPv4 address, in lists as well; so "::/0" is everybody who comes by IPv6, and nobody else.
 */
export interface Network {
  readonly family: 4 | 6;
  /** 16 bits each: two of them, or eight. */
  readonly groups: readonly number[];
  /** How many of the first bits count. */
  readonly prefix: number;
}

/** "10.0.0.0/8", "2001:db8::/32", or one address; null where it is none. Bits beyond the prefix mean nothing. */
export function networkOf(text: string): Network | null {
  const [, address = "", bits] = networkForm.exec(text) ?? [];
  const groups = groupsOf(address);
  if (groups === null) return null;
  const all = groups.length * 16;
  if (bits === undefined) return { family: familyOf(groups), groups, prefix: all };
  // What is written as IPv6 counts 128 bits, though it may mean an IPv4 network.
  const prefix = Number(bits) - (address.includes(":") && groups.length === 2 ? 96 : 0);
  return prefix < 0 || prefix > all ? null : { family: familyOf(groups), groups, prefix };
}

const networkForm = /^([0-9a-f:.]+)(?:\/(0|[1-9]\d{0,2}))?$/i;

/** Whether an address is in one of the networks. What is no address, or no network, is in none. */
export function compileNetworks(list: readonly string[]): (address: string) => boolean {
  const networks = list.map(networkOf).filter((network) => network !== null);
  return (address) => {
    const groups = networks.length === 0 ? null : groupsOf(withoutZone(address));
    return groups !== null && networks.some((network) => holds(network, groups));
  };
}

/** The address in the one form in which it is told and compared; null where it is none. */
export function normalAddress(text: string): string | null {
  const groups = groupsOf(text);
  if (groups === null) return null;
  return groups.length === 2 ? dotted(groups) : compressed(groups);
}

function familyOf(groups: readonly number[]): 4 | 6 {
  return groups.length === 2 ? 4 : 6;
}

function holds({ groups: own, prefix }: Network, groups: readonly number[]): boolean {
  if (own.length !== groups.length) return false;
  for (let index = 0, left = prefix; left > 0; index++, left -= 16) {
    const differing = (own[index] ?? 0) ^ (groups[index] ?? 0);
    if (differing >>> Math.max(0, 16 - left) !== 0) return false;
  }
  return true;
}

/** An address of a link bears the name of its interface (RFC 4007 §11): "fe80::1%eth0". */
function withoutZone(address: string): string {
  const zone = address.indexOf("%");
  return zone < 0 ? address : address.slice(0, zone);
}

/** Two groups of an IPv4 address, in whichever way it is written, or the eight of an IPv6 address. */
function groupsOf(address: string): readonly number[] | null {
  if (!address.includes(":")) return groupsOf4(address);
  const groups = groupsOf6(address);
  return groups?.every((group, index) => index > 5 || group === (index === 5 ? 0xffff : 0))
    ? groups.slice(6)
    : groups;
}

/** Four decimal numbers without leading zeros, which some read as octal. */
function groupsOf4(address: string): number[] | null {
  const parts = dottedForm.exec(address)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return null;
  const [a = 0, b = 0, c = 0, d = 0] = parts;
  return [a * 256 + b, c * 256 + d];
}

const dottedForm = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;

function groupsOf6(address: string): number[] | null {
  const halves = address.split("::");
  if (halves.length > 2) return null;
  const [head, tail] = halves.map((half, index) => hexGroups(half, index === halves.length - 1));
  if (head === null || head === undefined || tail === null) return null;
  if (tail === undefined) return head.length === 8 ? head : null;
  const missing = 8 - head.length - tail.length;
  return missing < 1 ? null : [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** `isLast`: its end may be written as an IPv4 address (RFC 4291 §2.2). */
function hexGroups(text: string, isLast: boolean): number[] | null {
  if (text === "") return [];
  const words = text.split(":");
  const groups: number[] = [];
  for (const [index, word] of words.entries()) {
    const isDotted = isLast && index === words.length - 1 && word.includes(".");
    const read = isDotted ? groupsOf4(word) : hexForm.test(word) ? [Number.parseInt(word, 16)] : null;
    if (read === null) return null;
    groups.push(...read);
  }
  return groups;
}

const hexForm = /^[0-9a-f]{1,4}$/i;

function dotted([high = 0, low = 0]: readonly number[]): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** As RFC 5952 §4 has it: lower case, no leading zeros, "::" for the first of the longest runs of zeros. */
function compressed(groups: readonly number[]): string {
  const words = groups.map((group) => group.toString(16));
  const runs = [...words.join(":").matchAll(/\b0(?::0)+\b/g)].map(([run]) => run);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), "");
  if (longest === "") return words.join(":");
  return words.join(":").replace(new RegExp(`(?:^|:)\\b${longest}\\b(?::|$)`), "::");
}
