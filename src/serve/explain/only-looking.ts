import { type PartialFound, type PieceStore, type Seen, StoreError, type Tier } from "../../store/tier.ts";
import type { ServeContext } from "../context.ts";

/** All that is stored under the key of one request. */
export interface SeenOfKey {
  readonly complete: readonly Seen[];
  readonly partial: readonly PartialFound[];
}

/** Looks for it, which leaves everything as it is. */
export async function lookUnder({ store }: Pick<ServeContext, "store">, key: string): Promise<SeenOfKey> {
  return { complete: await store.look(key), partial: (await store.pieces?.look(key)) ?? [] };
}

/**
 * What serves, for somebody who only wants to know: it decides as it does for a client, but nothing is stored, removed or
 * freshened, no use is noted, and nobody is told. What an answer of the origin would change is changed in what was seen, and
 * nowhere else.
 */
export function onlyLooking(context: ServeContext, seen: SeenOfKey): ServeContext {
  return {
    ...context,
    store: storeOf(context.store, seen),
    invalidateElsewhere: async () => undefined,
    onUnnamedProxy: nothing,
    onEffect: nothing,
    onStoreError: nothing,
    onBroken: nothing,
    onSelfRedirect: nothing,
    onBackgroundError: nothing,
  };
}

function storeOf(store: Tier, { complete, partial }: SeenOfKey): Tier {
  return {
    find: async () => complete,
    look: async () => complete,
    write: () => Promise.reject(notStored()),
    put: () => Promise.reject(notStored()),
    async freshen(previous, fields, policy) {
      const body = complete.find(({ response }) => response.id === previous.id)?.body;
      return body && { response: { ...previous, fields, policy }, body };
    },
    async copyAs(variantKey, previous, fields, policy) {
      const body = complete.find(({ response }) => response.id === previous.id)?.body;
      return body && { response: { ...previous, variantKey, fields, policy }, body };
    },
    noteUse: nothing,
    noteHit: nothing,
    remove: async () => 0,
    published: async () => undefined,
    close: async () => undefined,
    pieces: store.pieces && piecesOf(store.pieces, partial),
  };
}

function piecesOf(pieces: PieceStore, partial: readonly PartialFound[]): PieceStore {
  return {
    find: async () => partial,
    look: async () => partial,
    confirm: async () => true,
    open: (found) => pieces.open(found),
    write: () => Promise.reject(notStored()),
    async freshen(previous, fields, policy, _askedAt, variantKey = previous.variantKey) {
      const found = partial.find(({ response }) => response.id === previous.id);
      return found && { ...found, response: { ...previous, variantKey, fields, policy } };
    },
  };
}

function notStored(): StoreError {
  return new StoreError("ONLY_LOOKING", "who only looks stores nothing");
}

const nothing = () => undefined;
