import type { Deadlines } from "../../origin/deadlines.ts";
import type { FieldReader } from "../../rules/fields.ts";
import type { Sender } from "../../rules/identity.ts";
import { variantKey } from "../../rules/vary.ts";
import { concerns, nameIn, selects } from "../../store/selecting.ts";
import type { Selector } from "../../store/tier.ts";
import { Failures, type FailuresOptions } from "./failures.ts";
import { KeyMemory } from "./key-memory.ts";
import type { FlightLeader, Landing, Leader } from "./landing.ts";
import { type Flight, type FlightName, OpenFlight } from "./open-flight.ts";

export interface FlightsOptions extends FailuresOptions {
  /** How long a request waits for the head of another one's answer before it may go itself. */
  readonly patience: Deadlines;
}

/** Milliseconds for which a key whose response could not be shared is not collapsed again. */
const unsharedWindow = 10_000;
/** Milliseconds for which the names in Vary are remembered of a key of which nothing need be stored. */
const varyWindow = 600_000;
/** Leaders of one flight: the first, and those that went since because it was slow. */
const mostLeaders = 4;
/** Names of Vary beyond which responses are not told apart: somebody plays with them. */
const mostVaryNames = 16;

/**
 * One request to the origin for many clients (RFC 9111 §4, "collapsed requests"). A flight begins with the request
 * that leads it and lasts until its landing, or until its fill has ended: who comes in between joins it. What was
 * removed ends it for those who come later.
 *
 * Longer than a screen: what a landing teaches of its key, of sharing and of Vary, is what the next flight
 * under that key is named and begun by.
 */
export class Flights {
  readonly #options: FlightsOptions;
  /** By primary key, then by name. */
  readonly #flights = new Map<string, Map<string, OpenFlight>>();
  readonly #unshared: KeyMemory<true>;
  readonly #vary: KeyMemory<readonly string[]>;
  #waiting = 0;
  /** How the origin has failed. */
  readonly failures: Failures;

  constructor(options: FlightsOptions) {
    this.#options = options;
    this.#unshared = new KeyMemory(options.seed);
    this.#vary = new KeyMemory(options.seed);
    this.failures = new Failures(options);
  }

  /** How many requests to the origin others may join. */
  get open(): number {
    return [...this.#flights.values()].reduce((sum, flights) => sum + new Set(flights.values()).size, 0);
  }

  /** How many requests wait for the head of another one's answer. */
  get waiting(): number {
    return this.#waiting;
  }

  /** What requests must have in common to share an answer, as far as the responses to the key have told until now. */
  name(primaryKey: string, request: FieldReader, sender: Sender): FlightName {
    const vary = this.#vary.get(primaryKey, this.#options.monotonic()) ?? [];
    const text = `${sender} ${primaryKey}\n${variantKey(vary, request)}`;
    return { primaryKey, sender, text };
  }

  /** The flights under the key now. */
  under(primaryKey: string): readonly Flight[] {
    const flights = this.#flights.get(primaryKey);
    return flights === undefined ? none : [...new Set(flights.values())];
  }

  join({ primaryKey, text }: FlightName): Flight | undefined {
    return this.#flights.get(primaryKey)?.get(text);
  }

  /** Leads under the name of the request, instead of who does. Every path of the caller must end in `land`. */
  lead(name: FlightName, request: FieldReader): FlightLeader {
    const flight = new OpenFlight(name, () => this.#end(flight));
    const flights = this.#flights.get(name.primaryKey);
    if (flights === undefined) this.#flights.set(name.primaryKey, new Map([[name.text, flight]]));
    else flights.set(name.text, flight);
    return this.#leaderOf(flight, request);
  }

  /** Leads the flight, too, which is slow; null when enough do. */
  leadBeside(flight: Flight, request: FieldReader): Leader | null {
    if (!(flight instanceof OpenFlight) || flight.leaders >= mostLeaders) return null;
    return this.#leaderOf(flight, request);
  }

  /** For one who goes alone: nobody waits for its answer, but that the origin fails is so for the others, too. */
  witness(primaryKey: string, sender: Sender): Leader {
    return { land: (landing) => this.failures.learn(primaryKey, sender, landing) };
  }

  /** The landing; undefined when there was none in the time a request waits for a head. */
  async waitFor(flight: Flight): Promise<Landing | undefined> {
    if (flight instanceof OpenFlight && flight.landed !== null) return flight.landed;
    const { patience } = this.#options;
    const passed = Promise.withResolvers<undefined>();
    const deadline = patience.begin(() => passed.resolve(undefined));
    this.#waiting++;
    try {
      return await Promise.race([flight.landing, passed.promise]);
    } finally {
      this.#waiting--;
      patience.end(deadline);
    }
  }

  /**
   * What was removed: who asks from now on gets nothing that was asked for before. Those who wait already may have it. How
   * many flights are known to be concerned: of names and groups that is told by the head of the answer.
   */
  detach(selectors: readonly Selector[]): number {
    const concerned = this.#concernedBy(selectors);
    for (const flight of concerned) {
      this.#end(flight);
      flight.detach();
    }
    return countKnown(concerned, selectors);
  }

  /** How many `detach` would tell of. */
  countOf(selectors: readonly Selector[]): number {
    return countKnown(this.#concernedBy(selectors), selectors);
  }

  /** Those that removals name, or may: each is looked at once, for a purge may have a thousand names. */
  #concernedBy(selectors: readonly Selector[]): OpenFlight[] {
    // A variant goes because a newer answer has come: what is on its way may be that.
    const wide = selectors.filter(({ by }) => by !== "variant");
    const keys = new Set(wide.flatMap((selector) => (selector.by === "key" ? [selector.primaryKey] : [])));
    const areKeys = wide.every(({ by }) => by === "key");
    const flights = [...(areKeys ? keys : this.#flights.keys())].flatMap((key) => [
      ...(this.#flights.get(key)?.values() ?? []),
    ]);
    return [...new Set(flights)].filter((flight) => wide.some((selector) => mayBeNamed(flight, selector)));
  }

  /** True while the last response for the key was for nobody else. */
  isUnshared(primaryKey: string, sender: Sender): boolean {
    const now = this.#options.monotonic();
    if (this.#unshared.get(primaryKey, now) === true) return true;
    return sender !== "anonymous" && this.#unshared.get(keyFor(sender, primaryKey), now) === true;
  }

  /** From now on, for a while, such requests for the key do not wait for each other. */
  rememberUnshared(primaryKey: string, sender: Sender): void {
    this.#unshared.set(keyFor(sender, primaryKey), true, this.#options.monotonic() + unsharedWindow);
  }

  /** Responses to the key were chosen by these request fields, beside those that are known already. */
  rememberVary(primaryKey: string, vary: readonly string[]): void {
    if (vary.length === 0 || vary[0] === "*") return;
    const now = this.#options.monotonic();
    const known = this.#vary.get(primaryKey, now) ?? [];
    const names = [...new Set([...known, ...vary])].sort();
    this.#vary.set(primaryKey, names.length > mostVaryNames ? known : names, now + varyWindow);
  }

  #leaderOf(flight: OpenFlight, request: FieldReader): FlightLeader {
    const land = flight.addLeader();
    return {
      land: (landing) => {
        this.#learn(flight.name, landing);
        if (landing.kind === "fill") this.#nameAnew(flight, request);
        land(landing);
      },
      landing: flight.landing,
      whenDetached: (react) => flight.whenDetached(react),
    };
  }

  #learn({ primaryKey, sender }: FlightName, landing: Landing): void {
    switch (landing.kind) {
      case "fill":
        this.rememberVary(primaryKey, landing.response.policy.vary);
        this.#forgive(primaryKey, sender);
        break;
      case "whole":
        this.rememberVary(primaryKey, landing.response.found.response.policy.vary);
        this.#forgive(primaryKey, sender);
        break;
      case "confirmed":
      case "look-again":
        this.#forgive(primaryKey, sender);
        break;
      case "unshared":
        this.failures.forget(primaryKey);
        this.rememberUnshared(primaryKey, sender);
        break;
      case "failed":
      case "error":
        this.failures.learn(primaryKey, sender, landing);
        break;
      case "given-up":
      case "broken":
      case "elsewhere":
        break;
    }
  }

  /** The response has told by which fields it was chosen: those who ask from now on are told apart by them. */
  #nameAnew(flight: OpenFlight, request: FieldReader): void {
    const { primaryKey, sender, text } = flight.name;
    const flights = this.#flights.get(primaryKey);
    const known = this.name(primaryKey, request, sender).text;
    if (flights?.get(text) === flight && !flights.has(known)) flights.set(known, flight);
  }

  #forgive(primaryKey: string, sender: Sender): void {
    this.failures.forget(primaryKey);
    this.#unshared.delete(keyFor(sender, primaryKey));
  }

  /** Another may have taken its place. */
  #end(flight: OpenFlight): void {
    const { primaryKey } = flight.name;
    const flights = this.#flights.get(primaryKey);
    if (flights === undefined) return;
    for (const [text, other] of flights) if (other === flight) flights.delete(text);
    if (flights.size === 0) this.#flights.delete(primaryKey);
  }
}

function countKnown(flights: readonly OpenFlight[], selectors: readonly Selector[]): number {
  return flights.filter((flight) => selectors.some((selector) => isKnownToBeNamed(flight, selector))).length;
}

/** Whether the removal names what comes of the flight; by a name or a group only who has its head can tell. */
function isKnownToBeNamed({ name: { primaryKey }, landed }: OpenFlight, selector: Selector): boolean {
  if (landed?.kind === "fill") return selects(selector, { ...landed.response, primaryKey });
  return nameIn(selector) === null && concerns(selector, primaryKey);
}

/** False where that is known not to be so. */
function mayBeNamed(flight: OpenFlight, selector: Selector): boolean {
  return flight.landed?.kind === "fill"
    ? isKnownToBeNamed(flight, selector)
    : concerns(selector, flight.name.primaryKey);
}

/** What the answers to anonymous requests say counts for all, what those to others say for their like. */
function keyFor(sender: Sender, primaryKey: string): string {
  return sender === "anonymous" ? primaryKey : `${sender} ${primaryKey}`;
}

const none: readonly OpenFlight[] = [];
