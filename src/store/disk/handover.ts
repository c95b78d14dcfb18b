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
  const { outbox, keeper, now, after } = options;
  const underWay = new Set<Promise<void>>();
  const isOneOfFew = countNew(now);
  let cancelTimer: (() => void) | undefined;
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

  function flush(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    while (keeper.isThere && !isFull()) {
      const parcel = outbox.take(responsesAtATime, bytesAtATime);
      if (parcel === undefined) break;
      beginWay(parcel);
    }
    if (underWay.size > 0) publication = within(after, publishedMilliseconds, Promise.all(underWay));
    awaited?.resolve(publication);
    awaited = undefined;
  }

  function beginWay(parcel: Parcel): void {
    const way = send(parcel, options).finally(() => {
      const wasFull = isFull();
      underWay.delete(way);
      if (wasFull && outbox.waiting > 0) schedule();
    });
    underWay.add(way);
  }

  const ignoreKeeper = keeper.onThere(flush);

  return {
    schedule,
    scheduleNew() {
      arriving = undefined;
      if (!isOneOfFew()) return schedule();
      const isKeptUpWith = underWay.size < few;
      flush();
      if (isKeptUpWith && underWay.size > 0) arriving = within(after, arrivingMilliseconds, publication);
    },
    takeArriving() {
      const taken = arriving;
      arriving = undefined;
      return taken;
    },
    flush,
    /** One promise for all who wait for the same: with each response somebody does. */
    published() {
      if (outbox.waiting === 0 || !keeper.isThere || isFull()) return publication;
      schedule();
      awaited ??= Promise.withResolvers<void>();
      return awaited.promise;
    },
    async close() {
      flush();
      await publication;
      ignoreKeeper();
      cancelTimer?.();
    },
  };
}

/** Counts new responses: whether the one that has just come is one of few. */
function countNew(now: () => number): () => boolean {
  let begunAt = Number.NEGATIVE_INFINITY;
  /** As many as came since then, and as many as came in the time before that. */
  let count = 0;
  let countBefore = 0;

  return () => {
    const at = now();
    const elapsed = at - begunAt;
    if (elapsed >= delayMilliseconds) {
      countBefore = elapsed < 2 * delayMilliseconds ? count : 0;
      begunAt = at;
      count = 0;
    }
    count++;
    return count <= few && countBefore <= few;
  };
}

/** Resolves when the work is done, or when that takes too long. */
async function within(after: After, milliseconds: number, work: Promise<unknown>): Promise<void> {
  const passed = Promise.withResolvers<void>();
  const cancel = after(milliseconds, passed.resolve);
  await Promise.race([work, passed.promise]);
  cancel();
}

/** Hands over one parcel, with the room that its bodies take. Never rejects. */
async function send(parcel: Parcel, options: HandoverOptions): Promise<void> {
  const { outbox, keeper, room, onCommitted, onRefused, onTrouble } = options;
  for (const { size, modifiedAt } of parcel.batch.inserts) {
    if (modifiedAt !== null) room.commit(occupied(size), 1);
  }
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
    if (keeperLost.has(failure.code)) return takeBack(parcel, options);
    outbox.forget(parcel);
    onRefused(bodiesIn(parcel));
    onTrouble(failure);
  }
}

/** What was removed or replaced meanwhile does not go again: whatever has become of its row, nobody wants its body. */
function takeBack(parcel: Parcel, { outbox, room, onRefused }: HandoverOptions): void {
  const again = new Set<string>();
  for (const { response, body } of outbox.takeBack(parcel)) {
    again.add(response.id);
    if (isInFile(body)) room.reclaim(occupied(response.size), 1);
  }
  const unwanted = bodiesIn(parcel).filter(({ id }) => !again.has(id));
  if (unwanted.length > 0) onRefused(unwanted);
}

/** New responses whose bodies lie in files. */
function bodiesIn({ entries }: Parcel): StoredResponse[] {
  return entries.flatMap(({ row, isNew }) => (isNew && isInFile(row.body) ? row.response : []));
}
