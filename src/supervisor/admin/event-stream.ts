import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { RecordedRequest } from "../../control/requests.ts";
import type { Follower } from "../following.ts";
import type { News } from "../request-feed.ts";

/**
 * Requests as they happen, as an event stream: an event `request` for each, `missed` where there were too many to tell, and
 * a comment while there is nothing. Each write waits for the reader.
 */
export function eventsOf(context: Context, follower: Follower, onError: (error: Error) => void): Response {
  // Who has left while the workers were asked: then nothing tells the stream.
  const { signal } = context.req.raw;
  if (signal.aborted) follower.end();
  else signal.addEventListener("abort", follower.end, { once: true });
  const response = streamSSE(
    context,
    async (stream) => {
      stream.onAbort(follower.end);
      try {
        // Bun's server sends no head before there is something of the body.
        await stream.write(": from here on\n\n");
        for (let news = await follower.next(); news !== undefined; news = await follower.next())
          await stream.write(written(news));
        await stream.write("event: end\ndata: {}\n\n");
      } finally {
        follower.end();
      }
    },
    async (error) => onError(error),
  );
  // It says no-cache of itself, which would have it kept.
  response.headers.set("Cache-Control", "no-store");
  return response;
}

function written({ requests, missed }: News): string {
  const events = requests.map(eventOf);
  if (missed > 0) events.push(`event: missed\ndata: ${JSON.stringify({ count: missed })}\n\n`);
  return events.length === 0 ? ": nothing\n\n" : events.join("");
}

/** Those who follow the same are told of the same requests. */
const events = new WeakMap<RecordedRequest, string>();

function eventOf(request: RecordedRequest): string {
  const known = events.get(request);
  if (known !== undefined) return known;
  const event = `event: request\ndata: ${JSON.stringify(request)}\n\n`;
  events.set(request, event);
  return event;
}
