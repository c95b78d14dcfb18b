import { type Answer, answerHeaders, told } from "../answer/answer.ts";
import type { ServeContext } from "../context.ts";
import type { KeyedRequest } from "../request/inbound.ts";
import type { Purged } from "./wanted.ts";

/** What a program or a person reads who has had something purged: how many, in words and in numbers. */
export function purgedAnswer(
  { options, date }: ServeContext,
  { key, verdict }: KeyedRequest,
  answer: Purged,
): Answer {
  const { purged, complete, partial, inFlight, soft, milliseconds } = answer;
  const counts = { purged, complete, partial, inFlight, soft, milliseconds };
  const text = `${JSON.stringify({ status: "ok", message: messageOf(answer), ...counts })}\n`;
  const body = new TextEncoder().encode(text);
  const facts = { word: "PURGE", reason: "purged", facts: { hit: false } } as const;
  const telling = told(options, key, facts, verdict.rules);
  const headers = answerHeaders(
    [
      ["content-type", "application/json"],
      ["cache-control", "no-store"],
      ["date", new Date(date()).toUTCString()],
    ],
    telling,
    null,
  );
  return { response: new Response(body, { status: 200, headers }), telling, bytes: body.byteLength };
}

function messageOf({ purged, soft, lookedFor }: Purged): string {
  return `purged ${purged} ${purged === 1 ? "response" : "responses"}${soft ? " softly" : ""}: ${lookedFor}`;
}
