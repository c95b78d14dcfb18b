import { closeSync, openSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

/** Programs that run beside the proxy, each with a log in the folder; all end with `stop`. */
export class Programs {
  readonly #stops: (() => Promise<void>)[] = [];

  constructor(readonly folder: string) {}

  /** Resolves when the program takes connections: at a port, or at a socket's path. */
  async start(
    name: string,
    words: readonly string[],
    where: number | string,
    options: StartOptions = {},
  ): Promise<Program> {
    const log = join(this.folder, `${name}.log`);
    const out = openSync(log, "w");
    const child = Bun.spawn([...words], {
      cwd: options.folder ?? this.folder,
      env: { ...process.env, ...options.environment },
      stdin: "ignore",
      stdout: out,
      stderr: out,
    });
    closeSync(out);
    this.#stops.push(async () => {
      child.kill(options.signal ?? "SIGTERM");
      await child.exited;
    });
    const deadline = Date.now() + 30_000;
    while (!(await takesConnections(where))) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`${name} does not serve:\n${readFileSync(log, "utf8").slice(-2000)}`);
      await Bun.sleep(50);
    }
    return {
      async kill() {
        child.kill("SIGKILL");
        await child.exited;
      },
    };
  }

  /** The last that was started ends first. */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }
}

export interface Program {
  /** Without a chance to say goodbye. */
  kill(): Promise<void>;
}

export interface StartOptions {
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal?: NodeJS.Signals;
}

async function takesConnections(where: number | string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = typeof where === "number" ? connect(where, "127.0.0.1") : connect(where);
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  const answer = await promise;
  socket.destroy();
  return answer;
}
