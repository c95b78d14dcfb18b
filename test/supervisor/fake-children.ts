import type { ProcessLook } from "../../src/supervisor/process-look.ts";
import type { Ending, SpawnChild } from "../../src/supervisor/worker-process.ts";

interface Message {
  readonly kind: string;
}

/** A process whose every word the test says. */
export interface FakeChild<Said extends Message, Heard extends Message> {
  /** What it was sent. */
  readonly sent: Said[];
  readonly killed: boolean;
  say(message: Heard): void;
  sayAnything(raw: unknown): void;
  end(ending?: Partial<Ending>): void;
  /** What the system tells of it; nothing until then. */
  look: ProcessLook | undefined;
  /** The last message of this kind it was sent. */
  heard<Kind extends Said["kind"]>(kind: Kind): Extract<Said, { kind: Kind }>;
  /** How many of this kind it was sent. */
  timesHeard(kind: Said["kind"]): number;
}

export interface FakeChildren<Said extends Message, Heard extends Message> {
  readonly spawn: SpawnChild<Said>;
  /** In the order of their births. */
  readonly born: FakeChild<Said, Heard>[];
  child(birth: number): FakeChild<Said, Heard>;
}

export function createFakeChildren<Said extends Message, Heard extends Message>(): FakeChildren<Said, Heard> {
  const born: FakeChild<Said, Heard>[] = [];
  return {
    born,
    child(birth) {
      const child = born[birth];
      if (child === undefined) throw new Error(`only ${born.length} processes were spawned`);
      return child;
    },
    spawn(events) {
      const sent: Said[] = [];
      let killed = false;
      const end = (ending: Partial<Ending> = {}) => events.onEnd({ exitCode: null, signal: null, ...ending });
      const child: FakeChild<Said, Heard> = {
        sent,
        look: undefined,
        get killed() {
          return killed;
        },
        say: (message) => events.onMessage(message),
        sayAnything: (raw) => events.onMessage(raw),
        end,
        heard(kind) {
          const found = sent.findLast((message) => message.kind === kind);
          if (found === undefined) throw new Error(`the process was never sent ${kind}`);
          return found as Extract<Said, { kind: typeof kind }>;
        },
        timesHeard: (kind) => sent.filter((message) => message.kind === kind).length,
      };
      born.push(child);
      return {
        pid: 1000 + born.length,
        send: (message) => sent.push(message),
        look: () => child.look,
        kill() {
          if (killed) return;
          killed = true;
          queueMicrotask(() => end({ signal: "SIGKILL" }));
        },
      };
    },
  };
}
