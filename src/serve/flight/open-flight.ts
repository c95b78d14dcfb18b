import type { Sender } from "../../rules/identity.ts";
import type { Landing } from "./landing.ts";

/** What a flight is called by. */
export interface FlightName {
  readonly primaryKey: string;
  /**
   * Requests for which less may be stored, such as one with Authorization or a cookie, share with their like: what their
   * answers say of sharing does not count for the others.
   */
  readonly sender: Sender;
  /** What those who join have in common: the key, the kind, and the values of the fields that are known to matter. */
  readonly text: string;
}

/** One request at the origin, or a few, as those see it who wait for them. */
export interface Flight {
  readonly name: FlightName;
  readonly landing: Promise<Landing>;
}

/** A flight with its leaders: the one that began it, and those that went since because it was slow. */
export class OpenFlight implements Flight {
  readonly name: FlightName;
  /** Those there were, and those of them that have not landed. */
  #leaders = 0;
  #away = 0;
  #landed: Landing | null = null;
  #isDetached = false;
  readonly #landing = Promise.withResolvers<Landing>();
  readonly #reactions: (() => void)[] = [];
  readonly #onEnd: () => void;

  /** `onEnd` is called when there is nothing more to join. */
  constructor(name: FlightName, onEnd: () => void) {
    this.name = name;
    this.#onEnd = onEnd;
  }

  get landing(): Promise<Landing> {
    return this.#landing.promise;
  }

  /** Null until it has landed. */
  get landed(): Landing | null {
    return this.#landed;
  }

  get leaders(): number {
    return this.#leaders;
  }

  /** One more leader. Returns how it lands, which counts once. */
  addLeader(): (landing: Landing) => void {
    this.#leaders++;
    this.#away++;
    let isAway = true;
    return (landing) => {
      if (isAway) this.#land(landing);
      isAway = false;
    };
  }

  /** See `Leader.whenDetached`. */
  whenDetached(react: () => void): void {
    if (this.#isDetached) react();
    else this.#reactions.push(react);
  }

  /** Nobody new may join. */
  detach(): void {
    this.#isDetached = true;
    for (const react of this.#reactions.splice(0)) react();
  }

  #land(landing: Landing): void {
    this.#away--;
    if (this.#landed !== null) return;
    // Another leader may still bring something.
    if (bringsNothing(landing) && this.#away > 0) return;
    this.#landed = landing;
    // The outcome never rejects; its failure is told to those who read the fill.
    if (landing.kind === "fill") void landing.response.fill.outcome.then(this.#onEnd);
    else this.#onEnd();
    this.#landing.resolve(landing);
  }
}

function bringsNothing({ kind }: Landing): boolean {
  return kind === "given-up" || kind === "broken" || kind === "failed" || kind === "error";
}
