/** Where Linux tells of the sockets of this network namespace: one line each, with addresses and states in hexadecimal. */
const tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];

/** See tcp_states.h of Linux. */
const established = "01";

/**
 * How many connections clients have open at these ports of this machine; Bun's server does not tell. Undefined where the
 * system does not tell either.
 */
export async function openConnections(
  ports: ReadonlySet<number>,
): Promise<ReadonlyMap<number, number> | undefined> {
  const counts = new Map([...ports].map((port) => [port, 0]));
  let isTold = false;
  for (const path of tables) {
    const text = await textOf(path);
    if (text === undefined) continue;
    isTold = true;
    countIn(text, counts);
  }
  return isTold ? counts : undefined;
}

/** Adds those of a table; a port that is not in the map is somebody else's. */
export function countIn(table: string, counts: Map<number, number>): void {
  for (const [, hexadecimal = "", state] of table.matchAll(
    /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ ([0-9A-F]{2})/gm,
  )) {
    const port = Number.parseInt(hexadecimal, 16);
    const count = counts.get(port);
    if (count !== undefined && state === established) counts.set(port, count + 1);
  }
}

/** A kernel without IPv6 has one table, another system none. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await Bun.file(path).text();
  } catch {
    return undefined;
  }
}
