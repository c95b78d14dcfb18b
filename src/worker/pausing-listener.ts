import type { ClientSocket } from "./client-side.ts";

/** Something that can stop listening for a while, which Bun's server cannot. */
export interface Listening {
  readonly port: number;
  readonly isListening: boolean;
  /** Requests whose answers are not complete. */
  readonly pendingRequests: number;
  /** Takes no new connections and closes those that idle. Requests in flight go on, and their connections end with them. */
  pause(): void;
  /** Listens again. Throws when the port cannot be listened on. */
  resume(): void;
  /** For good. Resolves when nothing is in flight; `isHurried` cuts off what is. */
  stop(isHurried: boolean): Promise<void>;
}

/** One place where a worker listens. */
export interface PausingListener extends Listening {
  requestIP(request: Request): Bun.SocketAddress | null;
}

export type Server = Pick<
  Bun.Server<ClientSocket>,
  "port" | "requestIP" | "stop" | "pendingRequests" | "pendingWebSockets"
>;

export interface ListenerOptions {
  /** Gives a server that listens. Throws when the port cannot be listened on. */
  readonly open: () => Server;
  /**
   * False with HTTP/3: all its connections share one UDP socket, and what the system gives to the one of the new server
   * is lost to the requests in flight. Then it does not pause.
   */
  readonly canPause: boolean;
}

/** A request that was on its way when the listener paused is seen within this time. */
const LOOK_MILLISECONDS = 50;

export function createPausingListener({ open, canPause }: ListenerOptions): PausingListener {
  /** Those with requests in flight, each with its end. */
  const leaving = new Map<Server, Promise<void>>();
  let server = open();
  let isListening = true;
  const port = server.port ?? 0;

  async function leave(one: Server): Promise<void> {
    // This resolves when the last connection is closed: one on which half a request has come stays open for ten seconds.
    const closed = one.stop(false);
    await Promise.race([closed, untilNothingIsInFlight(one)]);
    await one.stop(true);
    leaving.delete(one);
  }

  function close(): void {
    if (isListening) leaving.set(server, leave(server));
    isListening = false;
  }

  return {
    port,
    get isListening() {
      return isListening;
    },
    get pendingRequests() {
      const servers = isListening ? [server, ...leaving.keys()] : [...leaving.keys()];
      return servers.reduce((sum, { pendingRequests }) => sum + pendingRequests, 0);
    },
    requestIP: (request) => server.requestIP(request),
    pause() {
      if (canPause) close();
    },
    resume() {
      if (isListening) return;
      server = open();
      isListening = true;
    },
    async stop(isHurried) {
      close();
      if (isHurried) for (const one of leaving.keys()) await one.stop(true);
      await Promise.all(leaving.values());
    },
  };
}

/** Several that listen, pause and stop as one. Its port is the first that there is; 0 where there is none. */
export function pausingTogether(listeners: readonly Listening[]): Listening {
  return {
    port: listeners.find(({ port }) => port !== 0)?.port ?? 0,
    get isListening() {
      return listeners.every(({ isListening }) => isListening);
    },
    get pendingRequests() {
      return listeners.reduce((sum, { pendingRequests }) => sum + pendingRequests, 0);
    },
    pause() {
      for (const one of listeners) one.pause();
    },
    resume() {
      for (const one of listeners) one.resume();
    },
    async stop(isHurried) {
      await Promise.all(listeners.map((one) => one.stop(isHurried)));
    },
  };
}

async function untilNothingIsInFlight(server: Server): Promise<void> {
  do await Bun.sleep(LOOK_MILLISECONDS);
  while (server.pendingRequests + server.pendingWebSockets > 0);
}
