import type { After } from "../after.ts";
import type { StoredResponse, Trouble } from "../tier.ts";
import { toStoreError } from "../writer.ts";
import { type Keeper, keeperLost } from "./keeper.ts";
import type { Outbox, Parcel } from "./outbox.ts";
import { occupied, type Room } from "./room.ts";
import { isInFile } from "./row.ts";

export interface HandoverOptions {
  readonly outbox: Outbox;
  readonly keeper: Keeper;
  /** Milliseconds. */
  readonly now: () => number;
  readonly after: After;
  /** Bodies in files: the room that they take is the keeper's affair from now on, or again this process's. */
  readonly room: Pick<Room, "commit" | "reclaim">;
  /** The number of the last removal there was, and what did not become rows because of one. */
  readonly onCommitted: (removal: number, overtaken: readonly StoredResponse[]) => void;
  /** Responses that will never have rows: their bodies are nobody's. */
  readonly onRefused: (responses: readonly StoredResponse[]) => void;
  readonly onTrouble: (trouble: Trouble) => void;
}

/** Hands the keeper what waits, many at a time: other processes find it within some twenty milliseconds. */
export interface Handover {
  /** Something waits. */
  schedule(): void;
  /** A new response waits. It goes at once where few come: nothing else is there to share the way with. */
  scheduleNew(): void;
  /**
   * The new response that was handed over at once has arrived, or takes longer than that is worth; told once.
   * Undefined where nothing was.
   */
  takeArriving(): Promise<void> | undefined;
  /** Hands over what waits, if there is a keeper. */
  flush(): void;
  /** Resolves when what waits now was entered or refused, or when that is not to be known soon. */
  published(): Promise<void>;
  /** Hands over the last, and waits for it as `published` does. */
  close(): Promise<void>;
}

const delayMilliseconds = 20;
const responsesAtATime = 64;
const bytesAtATime = 1024 * 1024;
/** New responses within `delayMilliseconds` that are few: as many as clients bring that ask for one thing after another. */
const few = 8;
/**
 * What a client waits for so that others, of whichever worker, find what it was answered with: who asks for a page, and
 * then for its head, should have the second from the first. Where much is stored nobody waits.
 */
const arrivingMilliseconds = 250;
/** What others wait for until they find a response, if the keeper is slow. */
const publishedMilliseconds = 1_000;
/** Parcels that the keeper has not taken yet: while somebody else holds the index for hours, the rest waits here, within its bounds. */
const mostUnderWay = 128;

export function createHandover(options: HandoverOptions): Handover {
  const { outbox, keeper, now, after, room, onCommitted, onRefused, onTrouble } = options;
  const underWay = new Set<Promise<void>>();
  let cancelTimer: (() => void) | undefined;
  /** Of new responses, as many as came since then, and as many as came in the time before that. */
  let begunAt = Number.NEGATIVE_INFINITY;
  let count = 0;
  let countBefore = 0;
  /** Of what was handed over last. */
  let publication: Promise<void> = Promise.resolve();
  /** See `takeArriving`. */
  let arriving: Promise<void> | undefined;
  /** Of what waits. */
  let awaited: PromiseWithResolvers<void> | undefined;

  function isFull(): boolean {
    return underWay.size >= mostUnderWay;
  }

  function schedule(): void {
    // It goes on when one has arrived.
    if (isFull()) return;
    if (outbox.waiting >= responsesAtATime) flush();
    else cancelTimer ??= after(delayMilliseconds, flush);
  }

  /** Counts one more. */
  function isOneOfFew(): boolean {
    const at = now();
    const elapsed = at - begunAt;
    if (elapsed >= delayMilliseconds) {
      countBefore = elapsed < 2 * delayMilliseconds ? count : 0;
      begunAt = at;
      count = 0;
    }
    count++;
    return count <= few && countBefore <= few;
  }

  function flush(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    if (keeper.isThere) {
      for (let parcel = nextParcel(); parcel !== undefined; parcel = nextParcel()) beginWay(parcel);
    }
    if (underWay.size > 0) publication = arrived();
    awaited?.resolve(publication);
    awaited = undefined;
  }

  function beginWay(parcel: Parcel): void {
    const way = send(parcel).finally(() => {
      const wasFull = isFull();
      underWay.delete(way);
      if (wasFull && outbox.waiting > 0) schedule();
    });
    underWay.add(way);
  }

  function nextParcel(): Parcel | undefined {
    if (isFull()) return undefined;
    const parcel = outbox.take(responsesAtATime, bytesAtATime);
    for (const { size, modifiedAt } of parcel?.batch.inserts ?? []) {
      if (modifiedAt !== null) room.commit(occupied(size), 1);
    }
    return parcel;
  }

  /** Resolves when what is under way now has arrived, or when that takes too long. */
  function arrived(): Promise<void> {
    return within(publishedMilliseconds, Promise.all(underWay));
  }

  async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
    const passed = Promise.withResolvers<void>();
    const cancel = after(milliseconds, passed.resolve);
    await Promise.race([work, passed.promise]);
    cancel();
  }

  /** Never rejects. */
  async function send(parcel: Parcel): Promise<void> {
    try {
      const { overtaken, removal } = await keeper.commit(parcel.batch);
      outbox.forget(parcel);
      const responses = parcel.entries.map(({ row }) => row.response);
      onCommitted(
        removal,
        responses.filter(({ id }) => overtaken.includes(id)),
      );
    } catch (error) {
      const failure = toStoreError(error, "responses could not be entered in the index");
      if (keeperLost.has(failure.code)) return takeBack(parcel);
      outbox.forget(parcel);
      onRefused(bodiesIn(parcel));
      onTrouble(failure);
    }
  }

  /** What was removed or replaced meanwhile does not go again: whatever has become of its row, nobody wants its body. */
  function takeBack(parcel: Parcel): void {
    const again = new Set<string>();
    for (const { response, body } of outbox.takeBack(parcel)) {
      again.add(response.id);
      if (isInFile(body)) room.reclaim(occupied(response.size), 1);
    }
    const unwanted = bodiesIn(parcel).filter(({ id }) => !again.has(id));
    if (unwanted.length > 0) onRefused(unwanted);
  }

  /** One promise for all who wait for the same: with each response somebody does. */
  function published(): Promise<void> {
    if (outbox.waiting === 0 || !keeper.isThere || isFull()) return publication;
    schedule();
    awaited ??= Promise.withResolvers<void>();
    return awaited.promise;
  }

  const ignoreKeeper = keeper.onThere(flush);

  return {
    schedule,
    scheduleNew() {
      arriving = undefined;
      if (!isOneOfFew()) return schedule();
      const isKeptUpWith = underWay.size < few;
      flush();
      if (isKeptUpWith && underWay.size > 0) arriving = within(arrivingMilliseconds, publication);
    },
    takeArriving() {
      const taken = arriving;
      arriving = undefined;
      return taken;
    },
    flush,
    published,
    async close() {
      flush();
      await publication;
      ignoreKeeper();
      cancelTimer?.();
    },
  };
}

/** New responses whose bodies lie in files. */
function bodiesIn({ entries }: Parcel): StoredResponse[] {
  return entries.flatMap(({ row, isNew }) => (isNew && isInFile(row.body) ? row.response : []));
}
