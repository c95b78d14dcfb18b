import type { Deadlines } from "../../origin/deadlines.ts";
import type { Heard, Message, OriginSide, Side } from "../../origin/websocket/side.ts";
import { goingAway } from "../../rules/websocket/close-code.ts";
import { type End, endOf } from "./end.ts";
import { createPings } from "./pings.ts";

/** What has passed over a WebSocket, in bytes of its messages. */
export interface Passed {
  readonly fromClient: number;
  readonly toClient: number;
}

export interface JoinOptions {
  /** How long nothing may pass either way; null for as long as it likes. */
  readonly idle: Deadlines | null;
  /** How long a side that was told to go may take nothing of what waits for it, and then not go. */
  readonly closing: Deadlines;
  /** Told once, when the first of both sides has gone, or both were told to. */
  readonly onEnd: (passed: Passed) => void;
}

/** A client's WebSocket and the origin's, of which each hears what the other says. */
export interface Join {
  /** What the client says is to be told here. */
  readonly client: Heard;
  /** Both are told to go, each when it has taken what waits for it. */
  leave(): void;
}

/**
 * Joins a client to the origin that has agreed to its handshake. Each message is passed on as soon as it is whole. Where a side
 * does not take what it is sent, the other one is not listened to until it does: so no more than a little waits here.
 */
export function join(clientSide: Side, awaiting: OriginSide, options: JoinOptions): Join {
  const { idle, closing, onEnd } = options;
  const passed = { fromClient: 0, toClient: 0 };
  const pings = createPings();
  let isOpen = true;
  /** The client has sent pings while much waited for it: each adds an answer to that. */
  let hasPingedFull = false;
  let idling = idle?.begin(expire);
  const client = endOf(clientSide, closing);
  const origin = endOf(awaiting.begin(heardOfOrigin()), closing);

  function heardOfClient(): Heard {
    return {
      message: (message) => said(() => pass("fromClient", message, origin, false)),
      ping: (payload) =>
        said(() => {
          origin.side.ping(payload);
          pings.passed(payload);
          hasPingedFull ||= client.isFull;
        }),
      pong: (payload) => said(() => origin.side.pong(payload)),
      drained() {
        hasPingedFull = false;
        taken(client);
      },
      closed: (code, reason) => closed(client, origin, code, reason),
    };
  }

  function heardOfOrigin(): Heard {
    return {
      message: (message, wasCompressed) => said(() => pass("toClient", message, client, wasCompressed)),
      ping: (payload) => said(() => client.side.ping(payload)),
      pong: (payload) => said(() => pings.isAnswered(payload) || client.side.pong(payload)),
      drained: () => taken(origin),
      closed: (code, reason) => closed(origin, client, code, reason),
    };
  }

  /** Something has passed. */
  function said(tell: () => unknown): void {
    if (!isOpen) return;
    tell();
    awaitNext();
    client.listen(!origin.isFull && !hasPingedFull);
    origin.listen(!client.isFull);
  }

  function taken(by: End): void {
    by.taken();
    said(() => undefined);
  }

  function pass(way: keyof typeof passed, message: Message, to: End, isCompressible: boolean): void {
    passed[way] += typeof message === "string" ? Buffer.byteLength(message) : message.byteLength;
    to.side.send(message, isCompressible);
  }

  function awaitNext(): void {
    if (idling !== undefined) idle?.end(idling);
    idling = isOpen ? idle?.begin(expire) : undefined;
  }

  function end(): void {
    isOpen = false;
    awaitNext();
    onEnd(passed);
  }

  function closed(from: End, to: End, code: number, reason: string): void {
    from.gone();
    if (!isOpen) return;
    end();
    to.sayGoodbye(code, reason);
  }

  function expire(): void {
    end();
    client.sayGoodbye(goingAway, "nothing has passed for too long");
    origin.sayGoodbye(goingAway, "nothing has passed for too long");
  }

  function sendAway(one: End): void {
    one.sayGoodbye(goingAway, "going away");
  }

  return {
    client: heardOfClient(),
    leave() {
      if (!isOpen) return;
      end();
      sendAway(origin);
      sendAway(client);
    },
  };
}
