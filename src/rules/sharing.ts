import { parseCacheControl } from "./cache-control.ts";
import type { FieldReader } from "./fields.ts";

/** RFC 9111 §5.2.1.5: nothing of the answer to such a request may be stored. */
export function forbidsStoring(request: FieldReader): boolean {
  return parseCacheControl(request.get("cache-control")).has("no-store");
}
