import type { Deadline, Deadlines } from "./deadlines.ts";

/** Whom a request waits for, until the head of its answer has come: each has a limit of its own, one at a time. */
export interface Turns {
  /** From now on it waits for this one, which has its whole time again. */
  begin(whose: Whose): void;
  /** It waits for nobody any more. */
  end(): void;
  /** Who let the time pass; null as long as nobody has. */
  readonly late: Whose | null;
}

/** The origin, with the head of its answer; the client, with the next part of what it sends. */
export type Whose = "origin" | "client";

/** `onLate` is called once at the most: the turns are over then. Null is for who may take as long as it likes. */
export function createTurns(limits: Readonly<Record<Whose, Deadlines | null>>, onLate: () => void): Turns {
  let late: Whose | null = null;
  let isOver = false;
  let running: { readonly limit: Deadlines; readonly deadline: Deadline } | undefined;

  function stop(): void {
    if (running !== undefined) running.limit.end(running.deadline);
    running = undefined;
  }

  return {
    begin(whose) {
      stop();
      if (isOver) return;
      const limit = limits[whose];
      if (limit === null) return;
      const onPassed = () => {
        late = whose;
        isOver = true;
        onLate();
      };
      running = { limit, deadline: limit.begin(onPassed) };
    },
    end() {
      isOver = true;
      stop();
    },
    get late() {
      return late;
    },
  };
}

/** What a client sends, on its way to the origin: after each part it is the origin's turn, which may take none for a while. */
export function inTurns(body: ReadableStream<Uint8Array>, turns: Turns): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        turns.begin("client");
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } finally {
          turns.begin("origin");
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
