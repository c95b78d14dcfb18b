import { lacksDescriptor } from "../origin/failure.ts";
import type { ClientReader } from "../origin/client-reader.ts";
import type { App } from "../serve/app.ts";
import type { Upgrade } from "../serve/request/inbound.ts";
import { clientAddress } from "./client-address.ts";
import { type ClientSocket, webSocketHandlers } from "./client-side.ts";

export interface RequestHandling {
  /** The short cut; undefined sends a request the long way. */
  readonly hit: (request: Request) => Response | undefined;
  readonly app: App;
  /** Whether the answer is to tell how it came about; takes away the field that says so. */
  readonly takesExplanation: (fields: Headers) => boolean;
  /** Who has sent a request, to which host, by which scheme. */
  readonly clients: Pick<ClientReader, "facts">;
  /** Seconds after which a connection ends over which nothing passes, between requests and within them. */
  readonly idleSeconds: number;
  readonly onError: (error: unknown) => void;
}

/** What Bun's server is told of requests; where and how it listens is another matter. */
export function requestHandlers(handling: RequestHandling) {
  const { hit, app, clients, takesExplanation, idleSeconds, onError } = handling;
  return {
    idleTimeout: idleSeconds,
    development: false,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    websocket: webSocketHandlers,
    fetch(request: Request, server: Bun.Server<ClientSocket>): Response | Promise<Response> {
      const isExplained = takesExplanation(request.headers);
      const answer = isExplained ? undefined : hit(request);
      if (answer !== undefined) return answer;
      const limitIdle = (isLimited: boolean) => server.timeout(request, isLimited ? idleSeconds : 0);
      // Bun's own limit would run while the origin is waited for, and does not begin anew with what the client sends.
      limitIdle(false);
      const peer = () => clientAddress(server.requestIP(request));
      const upgrade: Upgrade = ({ fields: headers, mayCompress, onOpen }) => {
        // Bun agrees to what it finds there.
        if (!mayCompress) request.headers.delete("sec-websocket-extensions");
        return server.upgrade(request, { headers, data: { onOpen } });
      };
      const client = clients.facts(request.headers, peer);
      return app.fetch(request, { client, limitIdle, upgrade, isExplained });
    },
    error(error: unknown): Response {
      onError(error);
      if (!lacksDescriptor(error)) return new Response("500 the cache failed\n", { status: 500 });
      // The file of a stored body, which Bun opens when the answer is on its way.
      const headers = { "Retry-After": "1", "Cache-Control": "no-store" };
      return new Response("503 the cache has too much to do\n", { status: 503, headers });
    },
  };
}
