import type { Heard, Side } from "../origin/websocket/side.ts";
import { abnormal } from "../rules/websocket/close-code.ts";
import { mostOfMessage } from "../rules/websocket/frame-reader.ts";

/** What a WebSocket of Bun's server bears. */
export interface ClientSocket {
  readonly onOpen: (client: Side) => Heard;
  heard?: Heard;
  /** Says goodbye to a client that was told to go, and has not taken yet what was said before. */
  goodbye?: () => void;
}

/** What is longer would hold up everybody else while it is compressed. */
const mostCompressed = 256 * 1024;

type Socket = Bun.ServerWebSocket<ClientSocket>;

/** What Bun's server is told of WebSockets: it speaks with the client, and what that says is told on. */
export const webSocketHandlers: Bun.WebSocketHandler<ClientSocket> = {
  maxPayloadLength: mostOfMessage,
  // Who sends too much is made to wait before: see serve/upgrade/join. What Bun dropped would be lacking.
  backpressureLimit: 0,
  // The limit of a join counts both ways, and asks nobody whether he is there.
  idleTimeout: 0,
  sendPings: false,
  perMessageDeflate: { compress: "shared", decompress: "shared" },
  open(socket) {
    socket.data.heard = socket.data.onOpen(clientSide(socket));
  },
  message: ({ data }, message) => data.heard?.message(message, false),
  ping: ({ data }, payload) => data.heard?.ping(payload),
  pong: ({ data }, payload) => data.heard?.pong(payload),
  drain(socket) {
    const { data } = socket;
    data.heard?.drained();
    if (socket.getBufferedAmount() === 0) data.goodbye?.();
  },
  close: ({ data }, code, reason) => data.heard?.closed(code, reason),
};

function clientSide(socket: Socket): Side {
  return {
    send: (message, isCompressible) =>
      void socket.send(message, isCompressible && message.length <= mostCompressed),
    ping: (payload) => void socket.ping(payload),
    pong: (payload) => void socket.pong(payload),
    close(code, reason) {
      const goodbye = () => {
        // Bun would say goodbye where the origin has not: as if all had been said.
        if (code === abnormal) socket.terminate();
        else socket.close(code, reason);
      };
      // Within four seconds of its own goodbye Bun cuts off who has not taken by then all that was said before.
      if (socket.getBufferedAmount() === 0) goodbye();
      else socket.data.goodbye = goodbye;
    },
    cut: () => socket.terminate(),
    get waiting() {
      return socket.getBufferedAmount();
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  };
}
