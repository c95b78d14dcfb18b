import type { FieldReader } from "./fields.ts";

/** A stream of server-sent events (HTML §9.2): it has no end, and may be silent for as long as nothing happens. */
export function isEventStream(fields: FieldReader): boolean {
  return /^text\/event-stream *(?:;|$)/i.test(fields.get("content-type") ?? "");
}
