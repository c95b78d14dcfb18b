import { read } from "bun:ffi";
import { openLibc } from "./libc.ts";

/** Linux's numbers, equal on all its processors that Bun runs on: see socket(7), ipv6(7) and unix(7). */
const [AF_UNIX, AF_INET, AF_INET6] = [1, 2, 10];
const [SOCK_STREAM, SOCK_NONBLOCK, SOCK_CLOEXEC] = [1, 0o4000, 0o2000000];
const [SOL_SOCKET, SO_REUSEADDR, SO_PEERCRED] = [1, 2, 17];
const [IPPROTO_IPV6, IPV6_V6ONLY] = [41, 26];

const errorNames: Readonly<Record<number, string>> = {
  13: "EACCES",
  97: "EAFNOSUPPORT",
  98: "EADDRINUSE",
  99: "EADDRNOTAVAIL",
};

function open() {
  return openLibc({
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
    getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
    bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
    connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
    close: { args: ["i32"], returns: "i32" },
    inet_pton: { args: ["i32", "ptr", "ptr"], returns: "i32" },
    __errno_location: { args: [], returns: "ptr" },
  });
}

let opened: ReturnType<typeof open> | undefined;
function libc() {
  opened ??= open();
  return opened;
}

/**
 * Why the system would refuse to let somebody listen on the TCP port: "EADDRINUSE" while anybody listens there, also one
 * who would share it. Undefined when it would not, or when it cannot be asked. A socket is bound for a moment and never
 * listens, so that no connection can come to it; one that drains, and no longer listens, is no hindrance.
 */
export function bindRefusal(address: string, port: number): string | undefined {
  const c = libc();
  const location = c?.__errno_location();
  const target = c && socketAddress(c, address, port);
  if (!c || !location || !target) return undefined;
  const socket = c.socket(target.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return errorNames[read.i32(location)];
  try {
    c.setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, Int32Array.of(1), 4);
    // As Bun's server has it: who listens on :: listens to IPv4 as well.
    if (target.family === AF_INET6) c.setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, Int32Array.of(0), 4);
    const refused = c.bind(socket, target.bytes, target.bytes.byteLength) !== 0;
    return refused ? (errorNames[read.i32(location)] ?? "an error") : undefined;
  } finally {
    c.close(socket);
  }
}

/** A `sockaddr_in` or `sockaddr_in6`; null for an address with a zone, and for what is no address. */
function socketAddress(c: NonNullable<ReturnType<typeof open>>, address: string, port: number) {
  const family = address.includes(":") ? AF_INET6 : AF_INET;
  const bytes = new Uint8Array(family === AF_INET6 ? 28 : 16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family, true);
  view.setUint16(2, port);
  const isRead =
    c.inet_pton(family, Buffer.from(`${address}\0`), bytes.subarray(family === AF_INET6 ? 8 : 4)) === 1;
  return isRead ? { family, bytes } : null;
}

export interface Peer {
  readonly pid: number;
  readonly uid: number;
}

/** Who listens on a socket of that abstract name (unix(7)); undefined when nobody does, or it cannot be told. */
export function listenerOn(name: string): Peer | undefined {
  const c = libc();
  if (!c) return undefined;
  const bytes = Buffer.concat([Uint8Array.of(AF_UNIX, 0, 0), Buffer.from(name)]);
  const socket = c.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return undefined;
  try {
    if (c.connect(socket, bytes, bytes.byteLength) !== 0) return undefined;
    const credentials = new Int32Array(3);
    const length = Uint32Array.of(credentials.byteLength);
    if (c.getsockopt(socket, SOL_SOCKET, SO_PEERCRED, credentials, length) !== 0) return undefined;
    const [pid = 0, uid = 0] = credentials;
    return { pid, uid };
  } finally {
    c.close(socket);
  }
}
