/** What is remembered of keys, by their hash: a long URL is not kept for it. */
interface Entry<Value> {
  readonly value: Value;
  readonly until: number;
}

/** Beyond so many the oldest is forgotten. */
const mostRemembered = 10_000;

/**
 * A value for each of the latest keys, for a while. Two keys of one hash share their value, so it may only be a hint:
 * a key that is taken for another may cost a request more, and must never cost a wrong answer.
 */
export class KeyMemory<Value> {
  /** Oldest first. */
  readonly #entries = new Map<number, Entry<Value>>();
  readonly #seed: number;

  /** `seed` is random, for nobody to choose keys of one hash. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** `now` and `until` are instants of one monotonic clock, in milliseconds. */
  get(key: string, now: number): Value | undefined {
    if (this.#entries.size === 0) return undefined;
    const hash = this.#hash(key);
    const entry = this.#entries.get(hash);
    if (entry === undefined || now < entry.until) return entry?.value;
    this.#entries.delete(hash);
    return undefined;
  }

  set(key: string, value: Value, until: number): void {
    const hash = this.#hash(key);
    this.#entries.delete(hash);
    this.#entries.set(hash, { value, until });
    if (this.#entries.size <= mostRemembered) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  delete(key: string): void {
    if (this.#entries.size > 0) this.#entries.delete(this.#hash(key));
  }

  #hash(key: string): number {
    return Bun.hash.xxHash32(key, this.#seed);
  }
}
