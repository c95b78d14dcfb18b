import { EventSourceParserStream } from "eventsource-parser/stream";
import { z } from "zod";
import type { Settings } from "../config/schema.ts";
import { recordedRequestSchema, type RecordedRequest } from "../control/requests.ts";
import { exitCode } from "./exit-code.ts";
import { followSupervisor } from "./admin-client.ts";
import type { Surroundings } from "./surroundings.ts";

const missedSchema = z.object({ count: z.int() });

/** What happens from now on to requests that are so. */
export async function openEvents(settings: Settings, where: string) {
  const body = await followSupervisor(settings, `/events?${new URLSearchParams({ where })}`);
  return body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream({ onError: "terminate" }));
}

/** Prints each request as it comes but those that are told already, until cacheproxy ends. The exit code. */
export async function followRequests(
  events: Awaited<ReturnType<typeof openEvents>>,
  told: ReadonlySet<string>,
  lineOf: (request: RecordedRequest) => string,
  { say, complain }: Surroundings,
): Promise<number> {
  for await (const { event, data } of events) {
    if (event === "request") {
      const request = recordedRequestSchema.parse(JSON.parse(data));
      if (!told.has(request.id)) await say(lineOf(request));
    }
    if (event === "missed") complain(missedLine(missedSchema.parse(JSON.parse(data)).count));
    if (event === "end") return exitCode.done;
  }
  complain("cacheproxy has ended");
  return exitCode.trouble;
}

function missedLine(count: number): string {
  return `${count} request${count === 1 ? " is" : "s are"} left out: more than can be told came at once`;
}
