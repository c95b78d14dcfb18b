import { createFrameReader } from "../control/frames.ts";
import {
  encodeBatch,
  encodeMessage,
  type FromKeeperSocket,
  fromKeeperSocketSchema,
  type ToKeeperSocket,
} from "../control/keeper-wire.ts";
import { misfit } from "../control/misfit.ts";
import { createOutlet, type Outlet } from "../control/outlet.ts";
import type { After } from "../store/after.ts";
import type { Keeper } from "../store/disk/keeper.ts";
import { StoreError, type Trouble } from "../store/tier.ts";

export interface KeeperLinkOptions {
  /** Of the keeper's socket. */
  readonly path: string;
  /** Whether the keeper of the supervisor that began then is the one wanted; by default whichever is there. */
  readonly isOurs?: (household: number) => boolean;
  readonly after: After;
  readonly onTrouble: (trouble: Trouble) => void;
  /** Milliseconds an answer may take, but to a batch, for which nobody waits. */
  readonly patience?: number;
}

/** The way to the keeper, which is made anew as often as it is lost. */
export interface KeeperLink extends Keeper {
  /** Resolves when it has reached a keeper that has an index, or when so many milliseconds have passed. */
  reached(milliseconds: number): Promise<void>;
  /** What was read from the index cannot be: the keeper should look through it. */
  suspectIndex(): void;
}

const patienceMilliseconds = 1_000;
/** While the keeper is not there at all: it may be about to start. */
const reconnectMilliseconds = 20;
/** What was tried in vain for so long is tried less often. */
const manyAttempts = 100;
const slowReconnectMilliseconds = 250;

type Answer = Exclude<FromKeeperSocket, { kind: "there" | "refused" }>;
type Question = Extract<ToKeeperSocket, { kind: "remove" | "grant" | "changePieces" }>;

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: StoreError) => void;
}

export function openKeeperLink(options: KeeperLinkOptions): KeeperLink {
  const { path, after, onTrouble, patience = patienceMilliseconds, isOurs = () => true } = options;
  const reactions = new Set<() => void>();
  const questions = new Map<number, Waiting>();
  let outlet: Outlet | undefined;
  let endConnection: (() => void) | undefined;
  let hasIndex = false;
  /** It has let somebody wait too long, and nothing was heard of it since. */
  let isSilent = false;
  let isClosed = false;
  let lastRequest = 0;
  let attempts = 0;
  let cancelAttempt: (() => void) | undefined;
  const firstReached = Promise.withResolvers<void>();

  function connect(): void {
    cancelAttempt = undefined;
    attempts++;
    const frames = createFrameReader();
    Bun.connect({
      unix: path,
      socket: {
        open(socket) {
          if (isClosed) return void socket.end();
          attempts = 0;
          outlet = createOutlet(socket);
          endConnection = () => socket.end();
        },
        data(socket, chunk) {
          try {
            for (const { head } of frames(chunk)) hear(JSON.parse(head));
          } catch (error) {
            const message = error instanceof Error ? error.message : String(error);
            onTrouble({ code: "CONTROL_MESSAGE", message: `the keeper said what nobody knows: ${message}` });
            socket.end();
          }
        },
        drain: () => outlet?.drain(),
        close: lose,
        // What comes of it is a close.
        error: () => undefined,
      },
    }).catch(planAttempt);
  }

  function planAttempt(): void {
    if (isClosed) return;
    const wait = attempts > manyAttempts ? slowReconnectMilliseconds : reconnectMilliseconds;
    cancelAttempt ??= after(wait, connect);
  }

  function lose(): void {
    outlet = undefined;
    endConnection = undefined;
    hasIndex = false;
    isSilent = false;
    const lost = [...questions.values()];
    questions.clear();
    for (const { reject } of lost) reject(away());
    planAttempt();
  }

  /** The keeper is there. */
  function begin(): void {
    hasIndex = true;
    firstReached.resolve();
    for (const react of [...reactions]) react();
  }

  /** Comes back after a while. */
  function leave(): void {
    attempts = manyAttempts + 1;
    tell({ kind: "bye" });
    endConnection?.();
  }

  function hear(raw: unknown): void {
    const parsed = fromKeeperSocketSchema.safeParse(raw);
    if (!parsed.success) throw new Error(misfit(parsed.error, raw));
    const message = parsed.data;
    isSilent = false;
    if (message.kind === "there") {
      // Somebody has removed the cache folder, and another cacheproxy has it: what that stores is of another origin.
      if (isOurs(message.household)) begin();
      else leave();
      return;
    }
    const question = questions.get(message.request);
    questions.delete(message.request);
    if (message.kind === "refused") question?.reject(new StoreError(message.code, message.message));
    else question?.resolve(message);
  }

  /** Rejects when the connection is lost before the answer. */
  function send(encode: (request: number) => Uint8Array): Promise<Answer> {
    lastRequest++;
    const request = lastRequest;
    return new Promise<Answer>((resolve, reject) => {
      if (outlet === undefined) return reject(away());
      questions.set(request, { resolve, reject });
      outlet.send(encode(request));
    });
  }

  /** `onLate` gets an answer that came when nobody waited for it any more. */
  async function ask(
    question: (request: number) => Question,
    onLate: (answer: Answer) => void = () => undefined,
  ): Promise<Answer> {
    if (isSilent) throw silent();
    const answer = send((number) => encodeMessage(question(number)));
    const passed = Promise.withResolvers<never>();
    const cancel = after(patience, () => {
      isSilent = true;
      passed.reject(silent());
      // That it failed at last is of no matter to who was told already that it was not answered.
      answer.then(onLate).catch(() => undefined);
    });
    try {
      return await Promise.race([answer, passed.promise]);
    } finally {
      cancel();
    }
  }

  function tell(message: ToKeeperSocket): void {
    outlet?.send(encodeMessage(message));
  }

  connect();

  return {
    get isThere() {
      return hasIndex;
    },
    onThere(react) {
      reactions.add(react);
      return () => void reactions.delete(react);
    },
    async reached(milliseconds) {
      const cancel = after(milliseconds, firstReached.resolve);
      await firstReached.promise;
      cancel();
    },
    async commit(batch) {
      const answer = await send((request) => encodeBatch(request, batch));
      return answer.kind === "committed" ? answer : unfit(answer);
    },
    async remove(selectors) {
      const answer = await ask((request) => ({ kind: "remove", request, selectors: [...selectors] }));
      return answer.kind === "removed" ? answer : unfit(answer);
    },
    async grant(space) {
      const giveBackLate = (answer: Answer) => {
        if (answer.kind === "granted" && answer.isGranted) tell({ kind: "giveBack", space });
      };
      const answer = await ask((request) => ({ kind: "grant", request, space }), giveBackLate);
      return answer.kind === "granted" ? answer.isGranted : unfit(answer);
    },
    async changePieces(change) {
      const answer = await ask((request) => ({ kind: "changePieces", request, change }) as Question);
      return answer.kind === "changed" ? (answer.entering ?? undefined) : unfit(answer);
    },
    suspectIndex: () => tell({ kind: "suspect" }),
    hold: (space) => tell({ kind: "hold", space }),
    giveBack: (space) => tell({ kind: "giveBack", space }),
    close() {
      isClosed = true;
      cancelAttempt?.();
      tell({ kind: "bye" });
      endConnection?.();
    },
  };
}

function away(): StoreError {
  return new StoreError("KEEPER_AWAY", "the keeper of the disk is not there; it is started again by itself");
}

function silent(): StoreError {
  return new StoreError("KEEPER_SILENT", "the keeper of the disk does not answer in time");
}

function unfit({ kind }: Answer): never {
  throw new StoreError("CONTROL_MESSAGE", `the keeper answered with ${kind}, which is no answer to that`);
}
