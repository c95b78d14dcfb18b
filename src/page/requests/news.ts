import { EventSourceParserStream } from "eventsource-parser/stream";
import type { RecordedRequest } from "../../control/requests.ts";

/** What is heard of requests as they happen. */
export interface Hearer {
  readonly onRequest: (request: RecordedRequest) => void;
  /** So many more there were that nobody tells: they were too many. */
  readonly onMissed: (count: number) => void;
}

/** Reads `/events` until it ends: see supervisor/admin/event-stream. Rejects where the connection breaks. */
export async function hear(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  { onRequest, onMissed }: Hearer,
): Promise<void> {
  const reader = body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream({ onError: "terminate" }))
    .getReader();
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    if (value?.event === "request") onRequest(JSON.parse(value.data) as RecordedRequest);
    if (value?.event === "missed") onMissed((JSON.parse(value.data) as { count: number }).count);
    if (value?.event === "end") return await reader.cancel();
  }
}
