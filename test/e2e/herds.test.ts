import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Script } from "../fixtures/origin.ts";
import { type RawResponse, requestText } from "../fixtures/raw-client.ts";
import { answered, type Crowd, gather } from "./crowd.ts";
import { type RunningProxy, startProxy } from "./harness.ts";
import { type Mood, type MoodyOrigin, moods, startMoodyOrigin } from "./moods.ts";

const clients = 60;
/** Requests that a few clients may make beside the first, where it brings nothing: at the most, in all workers. */
const few = 8;

const fresh = { "Cache-Control": "max-age=600", "Content-Type": "text/plain" };
/** What is stale when it comes. */
function stale(more: string): Record<string, string> {
  return { "Cache-Control": `max-age=60, ${more}`, Age: "100", "Content-Type": "text/plain" };
}

interface Outcome {
  /** Each answer is one of these. */
  readonly answers: readonly string[];
  /** Requests at the origin for all clients, at the most. */
  readonly asked: number;
  /** Requests more for as many clients, who come when the first have been answered. */
  readonly askedAgain: number;
  /** The clients are answered before a slow origin is. */
  readonly atOnce?: true;
}

interface Situation {
  /** What is stored when the clients come. */
  readonly stored: Readonly<Record<string, string>> | null;
  /** What the origin says then, when it is well. */
  readonly now: Script;
  readonly outcomes: Readonly<Record<Mood, Outcome>>;
}

const saysNew: Script = (exchange) => void exchange.respond(200, fresh, "new");
const confirms: Script = ({ request, respond, send }) =>
  request.field("if-none-match") === '"v1"'
    ? void send('HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\nCache-Control: no-cache\r\n\r\n')
    : void respond(500, {}, "it should have been asked with the validator");

const situations: Readonly<Record<string, Situation>> = {
  "what nobody has asked for": {
    stored: null,
    now: saysNew,
    outcomes: {
      healthy: { answers: ["200 new"], asked: 1, askedAgain: 0 },
      slow: { answers: ["200 new"], asked: 1, askedAgain: 0 },
      failing: { answers: ["503"], asked: few, askedAgain: few },
      hanging: { answers: ["503", "504"], asked: few, askedAgain: few },
    },
  },
  "what may be used stale while it is revalidated": {
    stored: stale("stale-while-revalidate=600"),
    now: saysNew,
    outcomes: {
      healthy: { answers: ["200 old", "200 new"], asked: 1, askedAgain: 0 },
      slow: { answers: ["200 old"], asked: 1, askedAgain: 0, atOnce: true },
      failing: { answers: ["200 old"], asked: 2, askedAgain: 2 },
      hanging: { answers: ["200 old"], asked: 1, askedAgain: 1, atOnce: true },
    },
  },
  "what may be used stale when the origin fails": {
    stored: stale("stale-if-error=600"),
    now: saysNew,
    outcomes: {
      healthy: { answers: ["200 new"], asked: 1, askedAgain: 0 },
      slow: { answers: ["200 new"], asked: 1, askedAgain: 0 },
      failing: { answers: ["200 old"], asked: few, askedAgain: 2 },
      hanging: { answers: ["200 old"], asked: few, askedAgain: 2 },
    },
  },
  "what must be validated each time": {
    stored: { "Cache-Control": "no-cache", ETag: '"v1"', "Content-Type": "text/plain" },
    now: confirms,
    outcomes: {
      // Who comes after a validation has ended needs another.
      healthy: { answers: ["200 old"], asked: clients, askedAgain: clients },
      // The clients of one worker may hear of the other's request when that has ended.
      slow: { answers: ["200 old"], asked: few, askedAgain: clients },
      failing: { answers: ["503"], asked: few, askedAgain: few },
      hanging: { answers: ["503", "504"], asked: few, askedAgain: few },
    },
  },
};

/** For a slow origin clients wait as long as it takes, so that one request is enough on any machine. */
const flagsOf: Readonly<Record<Mood, readonly string[]>> = {
  healthy: ["--collapse-wait", "1m"],
  failing: ["--collapse-wait", "1m"],
  hanging: ["--collapse-wait", "300ms", "--origin-timeout", "1s"],
  slow: ["--collapse-wait", "1m"],
};

function wordOf({ status, text }: RawResponse): string {
  return status === 200 ? `200 ${text}` : `${status}`;
}

describe.skipIf(process.platform !== "linux").each([1, 2])("with %i workers", (workers) => {
  describe.each([...moods])("sixty clients at once, before a %s origin,", (mood) => {
    let origin: MoodyOrigin;
    let proxy: RunningProxy;
    let crowd: Crowd;
    // For each situation anew: an origin that hangs is left alone for a while, and could not be asked for what is to be stored.
    beforeEach(async () => {
      origin = await startMoodyOrigin();
      proxy = await startProxy(origin.url, { flags: ["--log", "off", ...flagsOf[mood]], workers });
      crowd = await gather(proxy, clients / workers);
    });
    afterEach(async () => {
      await crowd.stop();
      await proxy.stop();
      await origin.stop();
    });

    test.each(Object.entries(situations))("ask for %s", async (name, { stored, now, outcomes }) => {
      const outcome = outcomes[mood];
      const target = `/${name.replaceAll(" ", "-")}`;
      if (stored !== null) {
        origin.be("healthy", (exchange) => void exchange.respond(200, stored, "old"));
        const [[client] = []] = crowd.clients;
        // The second of two that are stored at once waits for a commit: the other worker cannot see it yet.
        for (const each of [`${target}-before`, target])
          if (client !== undefined) await answered(client, requestText("GET", each));
      }
      origin.be(mood, now);
      const answersOfAll = async () => {
        const answers = await crowd.ask(requestText("GET", target));
        if (outcome.atOnce) await Promise.all(answers);
        origin.release();
        return new Set((await Promise.all(answers)).map(wordOf));
      };
      for (const word of await answersOfAll()) expect(outcome.answers).toContain(word);
      await origin.untilAsked(target);
      const asked = origin.asked(target);
      expect(asked).toBeLessThanOrEqual(outcome.asked);
      await answersOfAll();
      expect(origin.asked(target) - asked).toBeLessThanOrEqual(outcome.askedAgain);
    });
  });
});
