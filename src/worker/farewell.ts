import type { requestHandlers } from "./listener.ts";

type Handlers = ReturnType<typeof requestHandlers>;

/** How a worker leaves whose place others have taken. */
export interface Farewell {
  /** Handlers that, once it leaves, tell each client to come over another connection. */
  handlers(handlers: Handlers): Handlers;
  /**
   * Takes no new connections, and answers on those there are until their clients had the time to leave. To close them at
   * once, as Bun's server does, would cut off the requests that are on their way.
   */
  say(): Promise<void>;
}

export interface Leaving {
  /** Resolves when nobody that leaves listens any more. */
  listening(): Promise<unknown>;
  /** Resolves when clients have had the time to come over. */
  clients(): Promise<unknown>;
}

export function createFarewell(leave: Leaving): Farewell {
  let isSaid = false;
  return {
    handlers: (handlers) => ({
      ...handlers,
      fetch(request, server) {
        const answer = handlers.fetch(request, server);
        if (!isSaid) return answer;
        return answer instanceof Promise ? answer.then(lastOfConnection) : lastOfConnection(answer);
      },
    }),
    async say() {
      // Who is sent away comes over at once: by then nobody may be listening here any more.
      await leave.listening();
      isSaid = true;
      await leave.clients();
    },
  };
}

/** RFC 9112 §9.6; Bun takes the field out where HTTP/2 or HTTP/3 has no such thing. */
function lastOfConnection(answer: Response): Response {
  answer.headers.set("Connection", "close");
  return answer;
}
