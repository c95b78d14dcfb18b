import { type Exchange, type Origin, type Script, startOrigin } from "../fixtures/origin.ts";

/** How an origin answers: as it should, with 503, not at all, or as it should when it is let. */
export const moods = ["healthy", "failing", "hanging", "slow"] as const;
export type Mood = (typeof moods)[number];

export interface MoodyOrigin {
  readonly url: string;
  /** From now on; `answer` is what it says when it is well. */
  be(mood: Mood, answer: Script): void;
  /** Lets a slow one answer, now and from now on. */
  release(): void;
  /** Requests for this target since it last changed its mood. */
  asked(target: string): number;
  /** Resolves when there has been such a request. */
  untilAsked(target: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startMoodyOrigin(): Promise<MoodyOrigin> {
  let gate = Promise.withResolvers<void>();
  let before = 0;
  const origin: Origin = await startOrigin(() => undefined);
  const inMood: Readonly<Record<Mood, (exchange: Exchange, answer: Script) => void | Promise<void>>> = {
    healthy: (exchange, answer) => answer(exchange),
    failing: (exchange) => void exchange.respond(503, {}, "not now"),
    hanging: ({ gone }) => gone,
    async slow(exchange, answer) {
      await Promise.race([gate.promise, exchange.gone]);
      await answer(exchange);
    },
  };
  const asked = (target: string) =>
    origin.requests.slice(before).filter((request) => request.target === target).length;
  return {
    url: origin.url,
    be(mood, answer) {
      gate = Promise.withResolvers<void>();
      before = origin.requests.length;
      origin.answer((exchange) => inMood[mood](exchange, answer));
    },
    release: () => gate.resolve(),
    asked,
    async untilAsked(target) {
      for (let next = before + 1; asked(target) === 0; next++) await origin.untilExchange(next);
    },
    stop: () => origin.stop(),
  };
}
