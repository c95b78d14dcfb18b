import type { CountedByWorker } from "../control/cacheability.ts";
import type { Counters, FromWorker, ToWorker } from "../control/messages.ts";
import type { Measures } from "../control/measures.ts";
import type { PurgeSelector } from "../control/selector.ts";
import type { Ending } from "./worker-process.ts";

/** Responses that are to be removed, and the keeper's number of that; null where the disk still has them. */
export interface Removal {
  readonly selectors: readonly PurgeSelector[];
  readonly number: number | null;
}

/** What a client of a worker wants purged, and who it is. */
export type ClientsPurge = Pick<Extract<FromWorker, { kind: "purge" }>, "wanted" | "client" | "asker">;
/** What became of it. */
export type PurgeOutcome = Omit<Extract<ToWorker, { kind: "purged" }>, "kind" | "request">;

/** Hears what becomes of the worker of one place, and what that says which concerns others. */
export interface SlotEvents {
  onReady(): void;
  /** The worker said why it cannot serve; its end comes next. */
  onFailed(message: string, isUsage: boolean): void;
  /** It ended by itself and is started again after the delay. */
  onDeath(ending: Ending, delayMilliseconds: number): void;
  onLog(lines: string, dropped: number): void;
  /** The worker has removed these, and the others should; it waits until that is done. */
  onInvalidated(removal: Removal, done: () => void): void;
  /** The worker asks to lead the key; `leader` is null, or the name of the worker that leads it already. */
  onClaim(
    key: string,
    request: number,
  ): { readonly leader: string | null; readonly restMilliseconds: number };
  onRelease(key: string, request: number, restMilliseconds: number): void;
  /** Never rejects. */
  onPurge(purge: ClientsPurge): Promise<PurgeOutcome>;
  /** What the worker has counted in this life of it. */
  onCounted(counters: Counters): void;
  /** What it has measured in this life. */
  onMeasured(measures: Measures): void;
  /** Why it has asked origins of late, as it says at its end: nobody can ask it any more. */
  onLeft(cacheability: CountedByWorker): void;
  onTrouble(code: string, message: string): void;
  onNotice(code: string, message: string): void;
  onNews(level: "info" | "warn", message: string): void;
  /** A worker has ended: its name if it was ready once. */
  onDeparted(name: string | undefined): void;
}

/** What a worker says that concerns others, and is nothing of its place. */
type Told = Exclude<
  FromWorker,
  { kind: "hello" | "ready" | "counters" | "removed" | "listed" | "configured" | "told" | "drained" }
>;

/** Tells those whom it concerns. */
export function tellEvents(message: Told, events: SlotEvents, say: (message: ToWorker) => void): void {
  switch (message.kind) {
    case "failed":
      events.onFailed(message.message, message.isUsage);
      break;
    case "log":
      events.onLog(message.lines, message.dropped);
      break;
    case "invalidateElsewhere": {
      const { request, selectors, number } = message;
      events.onInvalidated({ selectors, number }, () => say({ kind: "invalidatedElsewhere", request }));
      break;
    }
    case "claim": {
      const { key, request } = message;
      say({ kind: "claimed", request, ...events.onClaim(key, request) });
      break;
    }
    case "purge": {
      const { request, kind: _, ...purge } = message;
      events
        .onPurge(purge)
        .then((outcome) => say({ kind: "purged", request, ...outcome }))
        .catch((error: unknown) => events.onTrouble("PURGE", `a purge is not answered: ${String(error)}`));
      break;
    }
    case "release":
      events.onRelease(message.key, message.request, message.restMilliseconds);
      break;
    case "trouble":
      events.onTrouble(message.code, message.message);
      break;
    case "notice":
      events.onNotice(message.code, message.message);
      break;
    case "news":
      events.onNews(message.level, message.message);
      break;
  }
}
