import { encodeMessage, type FromKeeperSocket, type ToKeeperSocket } from "../control/keeper-wire.ts";
import type { After } from "../store/after.ts";
import { StoreError } from "../store/tier.ts";
import type { KeeperConnection } from "./keeper-connection.ts";

type Refusal = Extract<FromKeeperSocket, { kind: "refused" }>;
export type Answer = Exclude<FromKeeperSocket, { kind: "there" | "refused" }>;
export type Question = Extract<ToKeeperSocket, { kind: "remove" | "grant" | "changePieces" }>;

export interface KeeperQuestionsOptions {
  readonly connection: Pick<KeeperConnection, "outlet">;
  readonly after: After;
  /** Milliseconds an answer may take, but to what is sent as it is. */
  readonly patience: number;
}

/** What was asked of the keeper and is not answered yet. */
export interface KeeperQuestions {
  /** Rejects when the connection is lost before the answer. */
  send(encode: (request: number) => Uint8Array): Promise<Answer>;
  /** Likewise, and when the answer takes too long; `onLate` gets it where nobody waited for it any more. */
  ask(question: (request: number) => Question, onLate?: (answer: Answer) => void): Promise<Answer>;
  answer(message: Answer | Refusal): void;
  /** The keeper has said something. */
  heard(): void;
  /** The connection is lost. */
  abandon(): void;
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: StoreError) => void;
}

export function createKeeperQuestions(options: KeeperQuestionsOptions): KeeperQuestions {
  const { connection, after, patience } = options;
  const questions = new Map<number, Waiting>();
  /** It has let somebody wait too long, and nothing was heard of it since. */
  let isSilent = false;
  let lastRequest = 0;

  function send(encode: (request: number) => Uint8Array): Promise<Answer> {
    lastRequest++;
    const request = lastRequest;
    return new Promise<Answer>((resolve, reject) => {
      const outlet = connection.outlet();
      if (outlet === undefined) return reject(away());
      questions.set(request, { resolve, reject });
      outlet.send(encode(request));
    });
  }

  return {
    send,
    async ask(question, onLate = () => undefined) {
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
    },
    answer(message) {
      const question = questions.get(message.request);
      questions.delete(message.request);
      if (message.kind === "refused") question?.reject(new StoreError(message.code, message.message));
      else question?.resolve(message);
    },
    heard() {
      isSilent = false;
    },
    abandon() {
      isSilent = false;
      const lost = [...questions.values()];
      questions.clear();
      for (const { reject } of lost) reject(away());
    },
  };
}

function away(): StoreError {
  return new StoreError("KEEPER_AWAY", "the keeper of the disk is not there; it is started again by itself");
}

function silent(): StoreError {
  return new StoreError("KEEPER_SILENT", "the keeper of the disk does not answer in time");
}
