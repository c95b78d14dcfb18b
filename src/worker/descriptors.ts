import { closeSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import type { Trouble } from "../store/tier.ts";
import type { PausingListener } from "./pausing-listener.ts";

/** What the system gives a process for each file and each connection that it has open. */
export interface Descriptors {
  /** How many this process may have. */
  readonly limit: number;
  /** How many it has. */
  used(): number;
}

const ownDescriptors = "/proc/self/fd";

/** Undefined where the system does not tell. */
export function ownDescriptorsNow(): Descriptors | undefined {
  try {
    const limit = limitIn(readFileSync("/proc/self/limits", "utf8"));
    return limit === undefined ? undefined : { limit, used: countOwn };
  } catch {
    return undefined;
  }
}

/** The limit in force, not the one up to which it could be raised: Bun has raised it so far when it began. */
export function limitIn(limits: string): number | undefined {
  const [, limit] = /^Max open files\s+(\d+)/m.exec(limits) ?? [];
  return limit === undefined ? undefined : Number(limit);
}

/** Linux tells the number as the folder's size from 6.2 on, which takes a few microseconds; before, they are counted. */
function countOwn(): number {
  return statSync(ownDescriptors).size || readdirSync(ownDescriptors).length;
}

export interface Marks {
  /** With so many in use no more connections are taken. */
  readonly high: number;
  /** With fewer they are, again. */
  readonly low: number;
}

/**
 * What remains between the mark and the limit is for the origin's connections and for files: without it, a hit that lies
 * in a file would be an error because somebody holds a thousand idle connections. `base` is what the process needs itself.
 */
export function marksFor(limit: number, base: number): Marks {
  const wanted = Math.min(512, Math.max(16, Math.floor(limit / 8)));
  const reserve = Math.min(wanted, Math.floor((limit - base) / 2));
  const high = limit - reserve;
  return { high, low: high - Math.max(1, Math.floor(reserve / 4)) };
}

/** Descriptors that are held for nothing, to be there when all others have been taken. */
export interface Spares {
  readonly held: number;
  take(): void;
  release(): void;
}

export function createSpares(count: number): Spares {
  const held: number[] = [];
  return {
    get held() {
      return held.length;
    },
    take() {
      try {
        while (held.length < count) held.push(openSync("/dev/null", "r"));
      } catch {
        // There is none to spare, and the next look will tell.
      }
    },
    release() {
      for (const descriptor of held.splice(0)) closeSync(descriptor);
    },
  };
}

export interface CrowdOptions {
  readonly descriptors: Descriptors;
  readonly spares: Spares;
  readonly listener: Pick<PausingListener, "isListening" | "pause" | "resume">;
  /** The caller limits the rate. */
  readonly onTrouble: (trouble: Trouble) => void;
}

/**
 * Looks whether descriptors run out, and has the listener pause when they do: connections that idle are closed, and new
 * ones are left to other workers, or refused. Without that, Bun's server would try without end to accept what it has no
 * descriptor for. Between two looks others may take all there are: so a few are held, and let go for files and the origin
 * while nobody can take them for connections. The answer is for a timer to call, ten times a second.
 */
export function createCrowdWatch({ descriptors, spares, listener, onTrouble }: CrowdOptions): () => void {
  const { limit } = descriptors;
  const { high, low } = marksFor(limit, descriptors.used());
  const used = () => descriptors.used() - spares.held;
  spares.take();

  function resume(): void {
    try {
      listener.resume();
      spares.take();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      onTrouble({ code: "LISTEN", message: `cannot listen again: ${reason}` });
    }
  }

  return function look() {
    const before = used();
    if (listener.isListening ? before < high : before < low) {
      resume();
      return;
    }
    listener.pause();
    spares.release();
    const inUse = `${before} of ${limit} descriptors are in use`;
    if (used() < low) resume();
    const consequence = listener.isListening ? "" : ", and no new connections are taken";
    onTrouble({
      code: "EMFILE",
      message: `${inUse}${consequence}; raise the limit (ulimit -n, LimitNOFILE)`,
    });
  };
}
