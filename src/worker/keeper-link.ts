import {
  encodeBatch,
  encodeMessage,
  type FromKeeperSocket,
  type ToKeeperSocket,
} from "../control/keeper-wire.ts";
import type { After } from "../store/after.ts";
import type { Keeper } from "../store/disk/keeper.ts";
import { StoreError, type Trouble } from "../store/tier.ts";
import { keepConnected } from "./keeper-connection.ts";
import { type Answer, createKeeperQuestions, type Question } from "./keeper-questions.ts";

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

export function openKeeperLink(options: KeeperLinkOptions): KeeperLink {
  const { path, after, onTrouble, patience = patienceMilliseconds, isOurs = () => true } = options;
  const reactions = new Set<() => void>();
  let hasIndex = false;
  const firstReached = Promise.withResolvers<void>();
  const connection = keepConnected({
    ...{ path, after, hear, onTrouble },
    onLost() {
      hasIndex = false;
      questions.abandon();
    },
  });
  const questions = createKeeperQuestions({ connection, after, patience });
  const { send, ask } = questions;

  /** The keeper is there. */
  function begin(): void {
    hasIndex = true;
    firstReached.resolve();
    for (const react of [...reactions]) react();
  }

  function hear(message: FromKeeperSocket): void {
    questions.heard();
    if (message.kind !== "there") questions.answer(message);
    else if (isOurs(message.household)) begin();
    else {
      // Somebody has removed the cache folder, and another cacheproxy has it: what that stores is of another origin.
      tell({ kind: "bye" });
      connection.retreat();
    }
  }

  function tell(message: ToKeeperSocket): void {
    connection.outlet()?.send(encodeMessage(message));
  }

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
      const answer = await ask(
        (request) => ({ kind: "grant", request, space }),
        (late) => late.kind === "granted" && late.isGranted && tell({ kind: "giveBack", space }),
      );
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
      tell({ kind: "bye" });
      connection.close();
    },
  };
}

function unfit({ kind }: Answer): never {
  throw new StoreError("CONTROL_MESSAGE", `the keeper answered with ${kind}, which is no answer to that`);
}
