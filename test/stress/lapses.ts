/** `answers`: a process that owes some may be gone; `supervisor`: it is stopped; `program`: the supervisor is killed. */
export type LapseKind = "answers" | "supervisor" | "program";

/** When something was not there; it lasts until it is ended. */
export interface Lapse {
  end(): void;
}

/** What was not there, and when, by `performance.now`. */
export interface Lapses {
  begin(kind: LapseKind): Lapse;
  /** Whether there was one of that kind since then, or is now. */
  since(kind: LapseKind, at: number): boolean;
  /**
   * Whether the supervisor was there for all that was asked of it since. Resolves a moment after it goes on where it is
   * stopped; false where it was killed, or where a worker may have been killed that had something to say to it.
   */
  wasSupervised(since: number): Promise<boolean>;
}

interface Span {
  readonly kind: LapseKind;
  until: number;
}

/** What was told by a process before it ended, or is told to one that goes on, may come so much later. */
const LATE_MILLISECONDS = 1_500;

export function createLapses(): Lapses {
  const spans: Span[] = [];

  function since(kind: LapseKind, at: number): boolean {
    return spans.some((span) => span.kind === kind && span.until >= at);
  }

  return {
    since,
    begin(kind) {
      const span: Span = { kind, until: Number.POSITIVE_INFINITY };
      spans.push(span);
      return {
        end() {
          span.until = performance.now() + LATE_MILLISECONDS;
        },
      };
    },
    async wasSupervised(at) {
      if (since("program", at)) return false;
      if (!since("supervisor", at)) return true;
      while (since("supervisor", performance.now())) await Bun.sleep(20);
      return !since("program", at) && !since("answers", at);
    },
  };
}
