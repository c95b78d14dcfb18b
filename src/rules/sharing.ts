import { parseCacheControl } from "./cache-control.ts";
import type { FieldReader } from "./fields.ts";

/** Requests for which fewer responses may be stored (RFC 9111 §3.5): what one of them gets says nothing of the others'. */
export function isPersonal(request: FieldReader): boolean {
  return request.get("authorization") !== null;
}

/** RFC 9111 §5.2.1.5: nothing of the answer to such a request may be stored. */
export function forbidsStoring(request: FieldReader): boolean {
  return parseCacheControl(request.get("cache-control")).has("no-store");
}
