import type { Found, NewResponse, Store } from "../../store/tier.ts";

/** Stores a response whose body is at hand. Rejects with a `StoreError` when no tier takes it: then it is in none. */
export async function storeWhole(
  store: Pick<Store, "write">,
  entry: NewResponse,
  bytes: Uint8Array,
): Promise<Found> {
  const writer = await store.write(entry, bytes.byteLength);
  try {
    if (bytes.byteLength > 0) await writer.write(bytes);
    const found = await writer.commit();
    writer.release();
    return found;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
