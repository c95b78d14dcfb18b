import { createDeadlines, type Deadlines } from "../origin/deadlines.ts";
import type { Claim } from "../serve/context.ts";
import type { PurgeOutcome } from "../serve/purge/wanted.ts";
import {
  type Counters,
  type FromWorker,
  type ListedByWorker,
  type RemovedByWorker,
  type StartMessage,
  type ToWorker,
  toWorkerSchema,
} from "../control/messages.ts";
import type { CountedByWorker } from "../control/cacheability.ts";
import { gatherMessages, messagesIn } from "../control/gathering.ts";
import { misfit } from "../control/misfit.ts";
import type { Measures } from "../control/measures.ts";
import type { PurgeRequest } from "../control/purge.ts";
import type { PurgeSelector } from "../control/selector.ts";
import type { WorkerAnswer, WorkerQuestion } from "../control/worker-questions.ts";
import { heedNoSignals } from "../control/unheeded-signals.ts";
import { gatherRemovals } from "./gathered-removals.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { createSupervisorQuestions, type SupervisorQuestions } from "./supervisor-questions.ts";

/** What the supervisor asks of a worker. A call that throws or rejects is told to the supervisor as trouble. */
export interface WorkerDuties {
  /** Comes once, first. Answer with `ready` or `failed`. */
  onStart(start: StartMessage): void | Promise<void>;
  /** Serve by these from here on; resolves when every new request is. */
  onConfigure(configured: Pick<StartMessage, "settings" | "plan">): Promise<void>;
  /**
   * Take no new connections, finish the requests in flight within the grace, then call `drained` and exit. `isReplaced`:
   * others listen on the same port, so clients are led over to them.
   */
  onDrain(graceMilliseconds: number, isReplaced: boolean): void | Promise<void>;
  /**
   * Removes from the memory and from what is on its way; how many there were. The number is the keeper's; null: the
   * disk has them still, and nothing of them may be served from there. What comes while the worker starts has to be
   * done before it serves anybody: the order to start knows nothing of it.
   */
  onRemove(selectors: readonly PurgeSelector[], number: number | null): Promise<RemovedByWorker>;
  /** What `onRemove` would remove, of many responses the first so many. */
  onList(selectors: readonly PurgeSelector[], limit: number): Promise<ListedByWorker>;
  onCounters(): Counters;
  /** Tells what somebody wants to see of it. */
  onQuestion(question: WorkerQuestion): Promise<WorkerAnswer>;
  /** The supervisor is gone: finish what is in flight, up to the grace, then exit. Nobody restarts this worker. */
  onSupervisorLost(): void | Promise<void>;
}

/** A worker's end of the line. What is said after the supervisor is gone goes nowhere. */
export interface SupervisorLink {
  /** The worker listens on this port, and to the other workers under this name. */
  ready(port: number, name: string): void;
  /** The worker cannot serve; `isUsage`: as it was told to. Resolves when the supervisor has it: exit then. */
  failed(message: string, isUsage?: boolean): Promise<void>;
  /**
   * Finished lines of the log, each with its line feed. Cheap: they are sent in batches. While the supervisor does not
   * read, at most 4 MB wait; further lines are dropped and counted.
   */
  log(lines: string): void;
  /**
   * Has every other worker remove these, to which the keeper has given that number; null: it could not remove them, which
   * who starts from now on has to know as well. Resolves when they have, or when one, or the supervisor, took longer
   * than a second, or when the supervisor is gone. Never rejects.
   */
  invalidateElsewhere(selectors: readonly PurgeSelector[], number: number | null): Promise<void>;
  /**
   * Asks to be the one worker that asks the origin for the key. Who leads gives it back when others find what was
   * fetched, or when there is nothing to find. "alone" for a single worker, for one that has lost its supervisor, and
   * while the supervisor does not answer: after a second, and then at once until it is heard of again.
   */
  claim(key: string): Promise<Claim>;
  /**
   * Has all these purged, as one, on behalf of a client that may do so; `asker` is what it asked by. Never rejects: of a
   * supervisor that says nothing at all for some seconds it is not waited for, and told that it is not certain.
   */
  purge(wanted: readonly PurgeRequest[], client: string | null, asker: string): Promise<PurgeOutcome>;
  /** An error that is nobody's answer: a store that cannot write, … The caller limits the rate. */
  trouble(code: string, message: string): void;
  /** Something that the operator should know of once; what has the same code is told once of all workers. */
  notice(code: string, message: string): void;
  /** Something that the operator should know of whenever it happens, which is seldom. */
  news(level: "info" | "warn", message: string): void;
  /** Nothing is in flight any more. Resolves when the supervisor has this and every line before it: exit then. */
  drained(counters: Counters, measures?: Measures, cacheability?: CountedByWorker): Promise<void>;
}

/** The line itself, so that a test can stand at the other end. */
export interface Channel {
  /** Calls back when the other side has the message, or with the error that kept it from getting there. */
  send(message: FromWorker, sent: (error: Error | null) => void): void;
  onMessage(receive: (message: unknown) => void): void;
  onClosed(closed: () => void): void;
}

/** What an answer of the supervisor may take; it has little to do. */
const ANSWER_MILLISECONDS = 1_000;
/** A purge may take long; but each second the supervisor asks for a sign of life, unless it is stopped. */
const SILENCE_MILLISECONDS = 5_000;

/** Throws when this process was not started by a supervisor. */
export function processChannel(): Channel {
  const send = process.send?.bind(process);
  if (send === undefined) throw new Error("a worker is started by the supervisor, not by hand");
  return {
    send: gatherMessages((messages, sent) => void send(messages, undefined, undefined, sent)),
    onMessage(receive) {
      process.on("message", (raw) => {
        for (const message of messagesIn(raw)) receive(message);
      });
    },
    onClosed: (closed) => process.once("disconnect", closed),
  };
}

/** Joins a worker to its supervisor, whom alone the process heeds from here on. */
export function connectToSupervisor(
  duties: WorkerDuties,
  channel: Channel = processChannel(),
): SupervisorLink {
  heedNoSignals();
  return joinSupervisor(duties, channel);
}

/** `connectToSupervisor` without a hand on the process's signals. */
export function joinSupervisor(
  duties: WorkerDuties,
  channel: Channel,
  deadlines: Deadlines = createDeadlines(ANSWER_MILLISECONDS),
  silence: Deadlines = createDeadlines(SILENCE_MILLISECONDS),
): SupervisorLink {
  let closed = false;
  let alone = false;
  const noticed = new Set<string>();
  const outbox = createOutbox(channel.send, () => closed);
  const { say } = outbox;
  const questions = createSupervisorQuestions(say, deadlines);
  // Apart from the others: that a purge takes its time does not mean that the supervisor is silent.
  const purges = createSupervisorQuestions(say, silence);

  function trouble(code: string, message: string): void {
    say({ kind: "trouble", code, message });
  }

  function detach(duty: string, work: () => void | Promise<void>): void {
    Promise.try(work).catch((error: unknown) => trouble("WORKER_DUTY", `${duty}: ${describe(error)}`));
  }

  const gather = gatherRemovals(async (selectors, number) => {
    if (closed) return;
    await questions.ask((request) => ({
      ...{ kind: "invalidateElsewhere", request, number },
      selectors: [...selectors],
    }));
  });

  channel.onMessage((raw) => {
    const parsed = toWorkerSchema.safeParse(raw);
    if (!parsed.success) {
      const what = misfit(parsed.error, raw);
      return trouble("CONTROL_MESSAGE", `the supervisor said what a worker does not know: ${what}`);
    }
    const message = parsed.data;
    purges.renew();
    const asked = message.kind === "purged" ? purges : questions;
    if (asked.heard(message)) return;
    if (message.kind === "start") alone = !message.hasCompany;
    if (message.kind === "company") alone = !message.isThere;
    else detach(message.kind, () => heed(message, duties, say));
  });
  channel.onClosed(() => {
    closed = true;
    questions.abandon();
    purges.abandon();
    detach("supervisor lost", () => duties.onSupervisorLost());
  });
  say({ kind: "hello" });

  return {
    ready: (port, name) => say({ kind: "ready", port, name }),
    failed: (message, isUsage = false) => outbox.deliver({ kind: "failed", message, isUsage }),
    log: outbox.log,
    async invalidateElsewhere(selectors, number) {
      // A single worker has nobody to tell, but another may take its place while the disk still has them.
      const isForNobody = alone && number !== null;
      if (isForNobody || closed || selectors.length === 0) return;
      const told = gather(selectors, number);
      // It hears of it when it goes on; nobody waits for that again.
      if (!questions.isSilent()) await told;
    },
    claim: async (key) =>
      alone || closed || questions.isSilent() ? { kind: "alone" } : await claim(key, questions, say),
    async purge(wanted, client, asker) {
      if (closed) return unanswered;
      const wishes = [...wanted];
      const answer = await purges.ask((request) => ({
        kind: "purge",
        request,
        wanted: wishes,
        client,
        asker,
      }));
      return answer?.kind === "purged" ? outcomeOf(answer) : unanswered;
    },
    trouble,
    notice(code, message) {
      if (noticed.has(code)) return;
      noticed.add(code);
      say({ kind: "notice", code, message });
    },
    news: (level, message) => say({ kind: "news", level, message }),
    drained: (counters, measures, cacheability) =>
      outbox.deliver({ kind: "drained", counters, measures, cacheability }),
  };
}

type Order = Exclude<ToWorker, { kind: "company" | "invalidatedElsewhere" | "claimed" | "purged" }>;

/** Does what the supervisor has asked for, and answers where that is to be answered. */
async function heed(message: Order, duties: WorkerDuties, say: Outbox["say"]): Promise<void> {
  switch (message.kind) {
    case "start":
      return await duties.onStart(message);
    case "configure": {
      const refused = await duties.onConfigure(message).then(() => undefined, describe);
      const answer = { kind: "configured", request: message.request } as const;
      return say(refused === undefined ? answer : { ...answer, error: refused });
    }
    case "drain":
      return await duties.onDrain(message.graceMilliseconds, message.isReplaced);
    case "remove": {
      // Without an answer where it fails: nobody may believe that it is removed.
      const removed = await duties.onRemove(message.selectors, message.number);
      return say({ kind: "removed", request: message.request, ...removed });
    }
    case "list": {
      const listed = await duties.onList(message.selectors, message.limit);
      return say({ kind: "listed", request: message.request, ...listed });
    }
    case "ask": {
      const { request, question } = message;
      const answered = await duties.onQuestion(question).then(
        (answer) => ({ answer }),
        (error: unknown) => ({ error: describe(error) }),
      );
      return say({ kind: "told", request, ...answered });
    }
    case "reportCounters":
      return say({ kind: "counters", request: message.request, counters: duties.onCounters() });
  }
}

/** See `SupervisorLink`. */
async function claim(key: string, questions: SupervisorQuestions, say: Outbox["say"]): Promise<Claim> {
  function release(request: number, restMilliseconds: number): void {
    say({ kind: "release", request, key, restMilliseconds });
  }

  const answer = await questions.ask(
    (request) => ({ kind: "claim", request, key }),
    // Nobody here leads any more for it: the others would wait for nothing.
    (late) => late?.kind === "claimed" && late.leader === null && release(late.request, 0),
  );
  if (answer?.kind !== "claimed") return { kind: "alone" };
  const { leader, request, restMilliseconds } = answer;
  if (leader !== null) return { kind: "elsewhere", worker: leader };
  let isHeld = true;
  return {
    kind: "led",
    restMilliseconds,
    release(rest) {
      if (isHeld) release(request, rest);
      isHeld = false;
    },
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const unanswered: PurgeOutcome = { kind: "uncertain", why: "the supervisor does not answer" };

function outcomeOf({ answer, error, isRefusal }: Extract<ToWorker, { kind: "purged" }>): PurgeOutcome {
  if (answer !== undefined) return { kind: "purged", answer };
  return {
    kind: isRefusal === true ? "refused" : "uncertain",
    why: error ?? "the supervisor does not say why",
  };
}
