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
  /** Whether it has let a question wait too long, and nothing was heard of it since. */
  isSilent(): boolean;
  /** The supervisor has said that; whether it was an answer. */
  heard(message: ToWorker): message is Answer;
  /** The supervisor is gone. */
  abandon(): void;
}

export function createSupervisorQuestions(
  say: (message: FromWorker) => void,
  deadlines: Deadlines,
): SupervisorQuestions {
  const questions = new Map<number, (answer: ToWorker | undefined) => void>();
  let isSilent = false;
  let lastRequest = 0;

  function resolveQuestion(request: number, answer: ToWorker | undefined): void {
    questions.get(request)?.(answer);
    questions.delete(request);
  }

  return {
    async ask(question, onLate = () => undefined) {
      lastRequest += 1;
      const request = lastRequest;
      const { promise, resolve } = Promise.withResolvers<ToWorker | undefined>();
      const deadline = deadlines.begin(() => {
        isSilent = true;
        questions.set(request, onLate);
        resolve(undefined);
      });
      questions.set(request, resolve);
      say(question(request));
      try {
        return await promise;
      } finally {
        deadlines.end(deadline);
      }
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
