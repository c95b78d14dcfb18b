import { unlinkSync } from "node:fs";
import { createFrameReader, type Frame } from "../control/frames.ts";
import type { Door } from "../control/kept-socket.ts";
import {
  committed,
  decodeBatch,
  encodeMessage,
  type FromKeeperSocket,
  type ToKeeperSocket,
  toKeeperSocketSchema,
} from "../control/keeper-wire.ts";
import { misfit } from "../control/misfit.ts";
import { createOutlet, type Outlet } from "../control/outlet.ts";
import type { Trouble } from "../store/tier.ts";
import { toStoreError } from "../store/writer.ts";
import type { Desk, Desks } from "./desks.ts";

export interface KeeperDoorOptions {
  readonly path: string;
  readonly desks: Desks;
  /** When the supervisor began. */
  readonly household: number;
  /** Whether there is an index now. */
  readonly isThere: () => boolean;
  /** Compares all that is stored with its checksums, and says what it finds. */
  readonly verify: (fix: boolean, say: (message: VerifyMessage) => void) => Promise<void>;
  /** Somebody has come, or has left without a word: then what it brought may be left over. */
  readonly onCame: () => void;
  readonly onLeft: (wasOrderly: boolean) => void;
  /** A worker has read from the index what cannot be. */
  readonly onSuspicion: () => void;
  readonly onTrouble: (trouble: Trouble) => void;
}

type Verifying = Extract<FromKeeperSocket, { kind: "progress" | "finding" | "verified" }>;
/** What is told of a verification, but for the number of the request. */
export type VerifyMessage = Verifying extends infer Each
  ? Each extends Verifying
    ? Omit<Each, "request">
    : never
  : never;

export interface KeeperDoor extends Door {
  /** Tells all who are there that there is an index, or another one. */
  announce(): void;
}

/** One who is connected. */
interface Visitor {
  readonly desk: Desk;
  readonly outlet: Outlet;
  readonly frames: (chunk: Uint8Array) => Frame[];
  isLeaving: boolean;
}

/** Listens for those who hand over what is to be written. Throws what the system says. */
export function openKeeperDoor(options: KeeperDoorOptions): KeeperDoor {
  const { path, desks, isThere, onTrouble } = options;
  const visitors = new Set<Visitor>();
  removeStale(path);
  const previousMask = process.umask(0o177);
  let server: Bun.UnixSocketListener<Visitor>;
  try {
    server = Bun.listen<Visitor>({
      unix: path,
      socket: {
        open(socket) {
          const visitor = {
            desk: desks.open(),
            outlet: createOutlet(socket),
            frames: createFrameReader(),
            isLeaving: false,
          };
          socket.data = visitor;
          visitors.add(visitor);
          options.onCame();
          greet(visitor);
        },
        data(socket, chunk) {
          try {
            for (const frame of socket.data.frames(chunk)) hear(options, socket.data, frame);
          } catch (error) {
            const message = `somebody said to the keeper what it does not know: ${describe(error)}`;
            onTrouble({ code: "CONTROL_MESSAGE", message });
            // Whoever it is may stay on the line and go on.
            socket.terminate();
          }
        },
        drain: (socket) => socket.data.outlet.drain(),
        close({ data: visitor }) {
          visitors.delete(visitor);
          visitor.desk.close();
          options.onLeft(visitor.isLeaving);
        },
        error(_, error) {
          onTrouble({ code: "KEEPER_SOCKET", message: `a connection of the keeper: ${describe(error)}` });
        },
      },
    });
  } finally {
    process.umask(previousMask);
  }

  function greet({ outlet }: Visitor): void {
    if (isThere()) outlet.send(encodeMessage({ kind: "there", household: options.household }));
  }

  return {
    announce() {
      for (const visitor of visitors) greet(visitor);
    },
    async stop() {
      server.stop(true);
    },
  };
}

function hear(options: KeeperDoorOptions, visitor: Visitor, frame: Frame): void {
  const raw: unknown = JSON.parse(frame.head);
  const parsed = toKeeperSocketSchema.safeParse(raw);
  if (!parsed.success) throw new Error(misfit(parsed.error, raw));
  const message = parsed.data;
  const { desk, outlet } = visitor;
  switch (message.kind) {
    case "bye":
      visitor.isLeaving = true;
      break;
    case "suspect":
      options.onSuspicion();
      break;
    case "hold":
      desk.hold(message.space);
      break;
    case "giveBack":
      desk.giveBack(message.space);
      break;
    case "verify": {
      const { request, fix } = message;
      const say = (told: VerifyMessage) =>
        outlet.send(encodeMessage({ ...told, request } as FromKeeperSocket));
      options.verify(fix, say).catch((error: unknown) => refuse(outlet, request, error));
      break;
    }
    default: {
      const { request } = message;
      answer(desk, message, frame)
        .then((said) => outlet.send(encodeMessage(said)))
        .catch((error: unknown) => refuse(outlet, request, error));
    }
  }
}

type Question = Extract<ToKeeperSocket, { kind: "commit" | "remove" | "grant" | "changePieces" }>;

async function answer(desk: Desk, message: Question, frame: Frame): Promise<FromKeeperSocket> {
  const { request } = message;
  switch (message.kind) {
    case "commit":
      return committed(request, await desk.commit(decodeBatch(message, frame)));
    case "remove":
      return { kind: "removed", request, ...(await desk.remove(message.selectors)) };
    case "grant":
      return { kind: "granted", request, isGranted: await desk.grant(message.space) };
    case "changePieces": {
      const entering = (await desk.changePieces(message.change)) ?? null;
      return { kind: "changed", request, entering } as FromKeeperSocket;
    }
  }
}

function refuse(outlet: Outlet, request: number, error: unknown): void {
  const { code, message } = toStoreError(error, "the keeper could not do it");
  outlet.send(encodeMessage({ kind: "refused", request, code, message }));
}

/** Of a keeper that was killed. Whoever starts this one has the cache folder for itself. */
function removeStale(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (toStoreError(error, "").code !== "ENOENT") throw error;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
