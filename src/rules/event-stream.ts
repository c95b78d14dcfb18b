import type { FieldReader } from "./fields.ts";

/** A stream of server-sent events (HTML §9.2): it has no end, and may be silent for as long as nothing happens. */
export function isEventStream(fields: FieldReader): boolean {
  return isOfEvents(fields.get("content-type"));
}

/**
 * A request that takes nothing else, as an EventSource makes it. Its answer is this client's alone, and where the origin sends
 * the head with the first event, even that may be long in coming.
 */
export function asksForEventStream(fields: FieldReader): boolean {
  return isOfEvents(fields.get("accept"));
}

function isOfEvents(mediaType: string | null): boolean {
  return mediaType !== null && /^text\/event-stream[ \t]*(?:;[^,]*)?$/i.test(mediaType);
}
