import { isShown, type Secret } from "../../sites/secret.ts";
import type { Clock } from "../../system/clock.ts";
import { type Refusal, refusalOfPlace } from "./place-of-origin.ts";
import type { Audience } from "./route.ts";

export interface AdmissionOptions {
  /** The names under which the door may be reached, beside localhost and addresses. */
  readonly hostNames: readonly string[];
  /** Whether anybody may read that now. */
  readonly isOpen: (audience: Audience) => boolean;
  /** What has to be shown now; null while there is none: then nobody has it. */
  readonly token: () => Secret | null;
  readonly clock: Pick<Clock, "after">;
}

/** Who may come in over the network. */
export interface Admission {
  /** Why a request from there is not heard at all; undefined where it is. */
  ofPlace(request: Request): Refusal | undefined;
  /** Why it may not have what is for that audience; undefined where it may. `address` is the client's. */
  ofAsker(
    audience: Audience,
    authorization: string | undefined,
    address: string,
  ): Promise<Refusal | undefined>;
}

/** Who shows a wrong token hears of it so many milliseconds later, and so many such wait from one address at the most. */
const guessMilliseconds = 1_000;
const mostGuesses = 10;

const where = "that of --admin-token, or else of the file admin.token in the cache folder";
const noToken: Refusal = { status: 401, error: `this needs a token, as Authorization: Bearer; ${where}` };
const wrongToken: Refusal = { status: 401, error: `this is not the token; it should be ${where}` };
const tooManyGuesses: Refusal = {
  status: 429,
  error: "too many wrong tokens have come from there; wait a second",
};

export function createAdmission({ hostNames, isOpen, token, clock }: AdmissionOptions): Admission {
  /** By where they come from: wrong tokens that wait to be told so. */
  const guesses = new Map<string, number>();

  /** Whoever guesses learns ten times a second at the most that he is wrong. */
  async function slowed(from: string): Promise<Refusal> {
    guesses.set(from, (guesses.get(from) ?? 0) + 1);
    const later = Promise.withResolvers<void>();
    clock.after(guessMilliseconds, later.resolve);
    await later.promise;
    const left = (guesses.get(from) ?? 1) - 1;
    if (left === 0) guesses.delete(from);
    else guesses.set(from, left);
    return wrongToken;
  }

  return {
    ofPlace: (request) => refusalOfPlace(request, hostNames),
    async ofAsker(audience, authorization, address) {
      if (audience === "anyone" || isOpen(audience)) return undefined;
      if (authorization === undefined) return noToken;
      const from = neighbourhood(address);
      // Not looked at any more, right as it may be: otherwise the haste of who guesses would pay.
      if ((guesses.get(from) ?? 0) >= mostGuesses) return tooManyGuesses;
      const wanted = token();
      return wanted !== null && isShown(wanted, authorization) ? undefined : await slowed(from);
    },
  };
}

/** Whoever has one IPv6 address has its whole /64: the first four groups. */
function neighbourhood(address: string): string {
  const [before = "", after] = address.toLowerCase().split("::", 2);
  if (!address.includes(":") || address.includes(".")) return address;
  const groups = before === "" ? [] : before.split(":");
  const rest = after === undefined || after === "" ? [] : after.split(":");
  const zeros =
    after === undefined ? [] : Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill("0");
  return [...groups, ...zeros, ...rest].slice(0, 4).join(":");
}
