import type { BodyReader } from "../../origin/body.ts";
import type { ServeContext } from "../context.ts";
import { late, type TimeLimit, timeLimit } from "./time-limit.ts";
import type { Holding } from "./transit.ts";

/** A body that has begun. Until then nothing of its answer is sent: it could come to no more than half a head. */
export type Begun =
  /** It has come whole, and may be empty. */
  | {
      readonly kind: "whole";
      readonly chunks: Uint8Array[];
      readonly size: number;
      readonly holding: Holding;
    }
  /** From its first byte on: what has come and what is to come. */
  | { readonly kind: "flowing"; readonly body: BodyReader };

/**
 * Waits until a body begins: for its first part; or, as far as there is room, for all of one that is announced to be small,
 * or that comes quickly and is not too large. `announced` is its size, or null. Rejects when it breaks off meanwhile.
 */
export function begin(
  { options, transit, collecting }: Pick<ServeContext, "options" | "transit" | "collecting">,
  body: BodyReader,
  announced: number | null,
): Promise<Begun> {
  const isCollected = announced !== null && announced <= options.quickCollectSize;
  const isHurried = isCollected && announced > options.collectSize;
  return collect(body, isCollected, transit.hold(), isHurried ? timeLimit(collecting) : null);
}

/** All of a body that is announced to be small; or, when it does not come in time, what has come of it and what is to come. */
export function collectInTime(
  { transit, collecting }: Pick<ServeContext, "transit" | "collecting">,
  body: BodyReader,
): Promise<Begun> {
  const limit = timeLimit(collecting);
  limit.begin();
  return collect(body, true, transit.hold(), limit);
}

/** Where no limit runs, one begins with the first part. */
async function collect(
  body: BodyReader,
  isCollected: boolean,
  holding: Holding,
  limit: TimeLimit | null,
): Promise<Begun> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const reading = body.read();
      const chunk = await (limit === null ? reading : limit.within(reading));
      if (chunk === late) return { kind: "flowing", body: resumed(chunks, reading, body, holding) };
      if (chunk === undefined) return { kind: "whole", chunks, size, holding };
      chunks.push(chunk);
      size += chunk.byteLength;
      const hasRoom = isCollected && holding.reserve(chunk.byteLength);
      if (!hasRoom) {
        holding.take(chunk.byteLength);
        return { kind: "flowing", body: resumed(chunks, null, body, holding) };
      }
      limit?.begin();
    }
  } catch (error) {
    holding.giveAll();
    throw error;
  } finally {
    limit?.end();
  }
}

/** The body with what was read of it, and with what is being read, if anything is. */
function resumed(
  chunks: Uint8Array[],
  reading: Promise<Uint8Array | undefined> | null,
  body: BodyReader,
  holding: Holding,
): BodyReader {
  let pending = reading;
  // Whoever reads it hears of it.
  pending?.catch(() => undefined);
  return {
    async read() {
      const chunk = chunks.shift();
      if (chunk !== undefined) {
        holding.give(chunk.byteLength);
        return chunk;
      }
      const next = pending ?? body.read();
      pending = null;
      return await next;
    },
    async cancel() {
      chunks.length = 0;
      holding.giveAll();
      await body.cancel();
    },
  };
}
