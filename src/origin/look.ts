import { createForward, type ForwardOptions } from "./forward.ts";
import { probeOnce } from "./health.ts";
import type { Sign } from "./sign.ts";

/** So old may be what was heard of an origin, in milliseconds, and nobody need ask again. */
const freshMilliseconds = 5_000;
/** So old may it be, and it is believed while somebody asks. */
const lastingMilliseconds = 15_000;
/** What an origin may take to answer who only wants to know whether it does. */
const lookMilliseconds = 1_500;

export interface LookOptions {
  readonly origin: ForwardOptions;
  /** The path that says whether it is well; null: its root is asked for, and any answer of its own will do. */
  readonly health: string | null;
  readonly monotonic: () => number;
  /** It is well: found by a look that began at that instant of the steady clock. */
  readonly onWell: (begunAt: number) => void;
}

/** Knows whether an origin answers, by what others have heard of it, and by asking where that is long ago. */
export interface Look {
  /** What came of a request. */
  heed(sign: Sign): void;
  /** Where it `mayAsk` and has to, what is known is said meanwhile, unless that is too old. */
  answers(mayAsk: boolean): boolean | Promise<boolean>;
}

export function createLook({ origin, health, monotonic, onWell }: LookOptions): Look {
  // Connections of its own, and nobody is told of what fails: whoever asks hears it.
  const { onFailure, onOutcome, ...way } = origin;
  const timeouts = { firstByteTimeout: lookMilliseconds, idleTimeout: lookMilliseconds };
  let news: { readonly isWell: boolean; readonly at: number } | undefined;
  let underWay: Promise<boolean> | undefined;

  function hear(isWell: boolean): boolean {
    news = { isWell, at: monotonic() };
    return isWell;
  }

  function isYoungerThan(milliseconds: number): boolean {
    return news !== undefined && monotonic() - news.at < milliseconds;
  }

  async function ask(): Promise<boolean> {
    const begunAt = origin.now();
    const request = health === null ? { method: "HEAD", target: "/" } : { method: "GET", target: health };
    const sign = await probeOnce(createForward({ ...way, ...timeouts }), request, health !== null);
    if (sign === "well") onWell(begunAt);
    return hear(sign === "well");
  }

  function look(): Promise<boolean> {
    // Its answer broke off while it was thrown away.
    underWay ??= ask()
      .catch(() => hear(false))
      .finally(() => {
        underWay = undefined;
      });
    return underWay;
  }

  return {
    heed: (sign) => void hear(sign === "well"),
    answers(mayAsk) {
      const known = news?.isWell === true && isYoungerThan(lastingMilliseconds);
      if (!mayAsk || isYoungerThan(freshMilliseconds)) return known;
      const looked = look();
      return isYoungerThan(lastingMilliseconds) ? known : looked;
    },
  };
}
