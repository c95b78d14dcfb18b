export interface HeavyHittersOptions {
  /** Names that are remembered at the same time. */
  readonly capacity: number;
  /** What was added so many milliseconds ago counts for 1/e: sums are about those of so long a time. */
  readonly span: number;
}

/** What is known of a name, as of now. */
export interface HeavyHitter {
  readonly name: string;
  /** Of what was added for it of late, at least so much. */
  readonly amount: number;
  /** How often that was, the most at once, and what was noted last. */
  readonly times: number;
  readonly most: number;
  readonly note: string;
}

/** Which names have the largest sums of late, of any number of names in the memory of a few. */
export interface HeavyHitters {
  /** `at` is milliseconds by whichever clock the others are of. */
  add(name: string, amount: number, note: string, at: number): void;
  /** The heaviest first, so many at the most. */
  heaviest(limit: number, at: number): readonly HeavyHitter[];
}

interface Entry {
  sum: number;
  /** So much of the sum may be of names that were here before. */
  inherited: number;
  times: number;
  most: number;
  mostAt: number;
  note: string;
}

/** Sums grow with time instead of fading: from here on they are written smaller. */
const largestScale = 1e9;

/**
 * The algorithm is Space-Saving (Metwally, Agrawal and El Abbadi 2005): a name that comes new takes the place of the lightest
 * and inherits its sum, so that no heavy one is ever overlooked. What is told is without what was inherited: names that came
 * once do not look heavy. Sums fade by forward decay (Cormode et al. 2009): what comes later counts more, and nothing need be
 * gone through as time passes.
 */
export function createHeavyHitters({ capacity, span }: HeavyHittersOptions): HeavyHitters {
  const entries = new Map<string, Entry>();
  let began: number | undefined;

  function scaleAt(at: number): number {
    began ??= at;
    const scale = Math.exp((at - began) / span);
    if (scale < largestScale) return scale;
    for (const entry of entries.values()) {
      entry.sum /= scale;
      entry.inherited /= scale;
      entry.times /= scale;
    }
    began = at;
    return 1;
  }

  /** The sum of the lightest, whose place another takes. */
  function placeOfLightest(): number {
    let lightest = "";
    let least = Number.POSITIVE_INFINITY;
    for (const [name, { sum }] of entries) {
      if (sum >= least) continue;
      lightest = name;
      least = sum;
    }
    entries.delete(lightest);
    return least;
  }

  function entryOf(name: string, at: number): Entry {
    const known = entries.get(name);
    if (known !== undefined) return known;
    const inherited = entries.size < capacity ? 0 : placeOfLightest();
    const entry: Entry = { sum: inherited, inherited, times: 0, most: 0, mostAt: at, note: "" };
    entries.set(name, entry);
    return entry;
  }

  return {
    add(name, amount, note, at) {
      const scale = scaleAt(at);
      const entry = entryOf(name, at);
      entry.sum += amount * scale;
      entry.times += scale;
      entry.note = note;
      if (amount < entry.most && at - entry.mostAt < span) return;
      entry.most = amount;
      entry.mostAt = at;
    },
    heaviest(limit, at) {
      const scale = scaleAt(at);
      return [...entries]
        .map(([name, { sum, inherited, times, most, note }]) => ({
          name,
          amount: (sum - inherited) / scale,
          times: times / scale,
          most,
          note,
        }))
        .filter(({ times }) => times >= leastTimes)
        .sort((one, other) => other.amount - one.amount)
        .slice(0, limit);
    },
  };
}

/** What has faded so far is of no interest any more. */
const leastTimes = 0.5;
