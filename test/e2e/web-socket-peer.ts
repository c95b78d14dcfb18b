import { join } from "node:path";
import { Lines } from "./lines.ts";

/** What one end of a WebSocket is told to do. */
export type Told =
  | { readonly text: string; readonly times?: number; readonly isPart?: boolean }
  | { readonly binary: string; readonly times?: number; readonly isPart?: boolean }
  | { readonly ping: string }
  | { readonly pong: string }
  | { readonly close: readonly [code?: number, reason?: string] };

export type EndName = "client" | "server";

/** A WebSocket that was asked for, from both of its ends. */
export interface Pair {
  tell(end: EndName, ...all: Told[]): void;
  /** The next so many words that an end hears. */
  heard(end: EndName, count: number): Promise<string[]>;
}

export interface WebSocketPeer {
  /** Where it listens. */
  readonly url: string;
  open(
    url: string,
    asked?: { readonly protocols?: readonly string[]; readonly isCompressing?: boolean },
  ): Pair;
  stop(): Promise<void>;
}

/** Starts clients and an origin that are not Bun's: see the program. */
export async function startWebSocketPeer(): Promise<WebSocketPeer> {
  const child = Bun.spawn(["node", join(import.meta.dir, "../fixtures/web-socket-peer.mjs")], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const lines = new Lines(child.stdout, "the peer");
  let opened = 0;

  function write(line: object): void {
    child.stdin.write(`${JSON.stringify(line)}\n`);
    child.stdin.flush();
  }

  return {
    url: `http://127.0.0.1:${(await lines.until(/^port /)).slice("port ".length)}`,
    open(url, { protocols = [], isCompressing = false } = {}) {
      const pair = ++opened;
      const taken = { client: 0, server: 0 };
      write({ pair, open: { url, protocols, isCompressing } });
      return {
        tell(end, ...all) {
          for (const told of all) write({ pair, end, ...told });
        },
        async heard(end, count) {
          const prefix = `${pair} ${end} `;
          const from = taken[end];
          taken[end] += count;
          const words = await lines.many(new RegExp(`^${prefix}`), taken[end]);
          return words.slice(from).map((word) => word.slice(prefix.length));
        },
      };
    },
    async stop() {
      child.kill();
      await child.exited;
    },
  };
}
