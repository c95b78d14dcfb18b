import type { FromWorker, ToWorker } from "../control/messages.ts";
import type { Deadlines } from "../origin/deadlines.ts";

type Answer = Extract<ToWorker, { kind: "invalidatedElsewhere" | "claimed" | "purged" }>;

/** What was asked of the supervisor and is not answered yet. */
export interface SupervisorQuestions {
  /** Undefined when the supervisor is gone, or does not answer in time; `onLate` hears an answer that comes after all. */
  ask(
    question: (request: number) => FromWorker,
    onLate?: (answer: ToWorker | undefined) => void,
  ): Promise<ToWorker | undefined>;
  /** It has given a sign of life: what is asked of it may take as long again from now on. */
  renew(): void;
  /** Whether it has let a question wait too long, and nothing was heard of it since. */
  isSilent(): boolean;
  /** The supervisor has said that; whether it was an answer. */
  heard(message: ToWorker): message is Answer;
  /** The supervisor is gone. */
  abandon(): void;
}

interface Question {
  readonly tell: (answer: ToWorker | undefined) => void;
  readonly renew: () => void;
}

export function createSupervisorQuestions(
  say: (message: FromWorker) => void,
  deadlines: Deadlines,
): SupervisorQuestions {
  const questions = new Map<number, Question>();
  let isSilent = false;
  let lastRequest = 0;

  function resolveQuestion(request: number, answer: ToWorker | undefined): void {
    questions.get(request)?.tell(answer);
    questions.delete(request);
  }

  return {
    async ask(question, onLate = () => undefined) {
      lastRequest += 1;
      const request = lastRequest;
      const { promise, resolve } = Promise.withResolvers<ToWorker | undefined>();
      const begin = () =>
        deadlines.begin(() => {
          isSilent = true;
          questions.set(request, { tell: onLate, renew: () => undefined });
          resolve(undefined);
        });
      let deadline = begin();
      const renew = () => {
        deadlines.end(deadline);
        deadline = begin();
      };
      questions.set(request, { tell: resolve, renew });
      say(question(request));
      try {
        return await promise;
      } finally {
        deadlines.end(deadline);
      }
    },
    renew() {
      for (const { renew } of questions.values()) renew();
    },
    isSilent: () => isSilent,
    heard(message): message is Answer {
      isSilent = false;
      if (!isAnswer(message)) return false;
      resolveQuestion(message.request, message);
      return true;
    },
    abandon() {
      for (const request of questions.keys()) resolveQuestion(request, undefined);
    },
  };
}

function isAnswer(message: ToWorker): message is Answer {
  return message.kind === "invalidatedElsewhere" || message.kind === "claimed" || message.kind === "purged";
}
