import type { Found } from "../../store/tier.ts";
import type { ServeContext } from "../context.ts";

/**
 * Whether the body of what was found before the origin was asked can still be sent. A file goes soon after its row: a
 * stale video that is purged while the origin does not answer would be a 500 instead of the 504.
 */
export async function isStillThere({ store }: ServeContext, { response, body }: Found): Promise<boolean> {
  if (body.kind !== "file") return true;
  const { id, primaryKey } = response;
  const rows = [...(await store.find(primaryKey)), ...((await store.pieces?.find(primaryKey)) ?? [])];
  return rows.some((row) => row.response.id === id);
}
