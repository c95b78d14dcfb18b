import { readdirSync } from "node:fs";
import { openLibc } from "./libc.ts";

/** Linux's numbers: see socket(7), shutdown(2) and poll(2). */
const [SOL_SOCKET, SO_ACCEPTCONN, SO_DOMAIN] = [1, 30, 39];
const [AF_INET, AF_INET6] = [2, 10];
const [SHUT_RD, POLLIN] = [0, 1];

/** A connection that was made a moment ago is waited for so often, each time for a turn of the event loop. */
const mostTurns = 100;

function open() {
  return openLibc({
    getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
    poll: { args: ["ptr", "u64", "i32"], returns: "i32" },
    shutdown: { args: ["i32", "i32"], returns: "i32" },
  });
}
type Libc = NonNullable<ReturnType<typeof open>>;

/**
 * Has this process listen on TCP no more, while the connections there are go on, which Bun's server cannot. The system
 * would reset connections that nobody has accepted yet: so those are waited for. False where the system has no such thing.
 */
export async function stopListening(nextTurn: () => Promise<unknown>): Promise<boolean> {
  const c = open();
  if (c === null) return false;
  for (const socket of listeningSockets(c)) {
    for (let turn = 0; turn < mostTurns && isAwaited(c, socket); turn += 1) await nextTurn();
    c.shutdown(socket, SHUT_RD);
  }
  return true;
}

function listeningSockets(c: Libc): number[] {
  const descriptors = readdirSync("/proc/self/fd").map(Number);
  return descriptors.filter(
    (descriptor) =>
      optionOf(c, descriptor, SO_ACCEPTCONN) === 1 &&
      [AF_INET, AF_INET6].includes(optionOf(c, descriptor, SO_DOMAIN)),
  );
}

/** -1 for what is no socket. */
function optionOf(c: Libc, descriptor: number, option: number): number {
  const value = new Int32Array(1);
  const length = Uint32Array.of(value.byteLength);
  return c.getsockopt(descriptor, SOL_SOCKET, option, value, length) === 0 ? (value[0] ?? -1) : -1;
}

/** Whether a connection waits to be accepted. */
function isAwaited(c: Libc, socket: number): boolean {
  // A `struct pollfd`: the descriptor, and in one number what is asked for and what is answered.
  const asked = Int32Array.of(socket, POLLIN);
  return c.poll(asked, 1, 0) > 0;
}
