import { randomFrom } from "../bench/random.ts";

/** Chance that a seed repeats. */
export interface Dice {
  /** A whole number from 0 to one less than `sides`. */
  roll(sides: number): number;
  /** True so many times of a hundred. */
  percent(chance: number): boolean;
  pick<Item>(items: readonly [Item, ...Item[]]): Item;
}

/** The same throws for the same words, whatever is thrown elsewhere meanwhile. */
export function diceFor(...words: readonly (string | number)[]): Dice {
  const next = randomFrom(Bun.hash.crc32(words.join(" ")));
  const roll = (sides: number) => Math.floor(next() * sides);
  return {
    roll,
    percent: (chance) => next() * 100 < chance,
    pick: (items) => items[roll(items.length)] ?? items[0],
  };
}

/** The seed that the environment names, else one of its own. */
export function seedOf(environment: Readonly<Record<string, string | undefined>>): number {
  const written = environment["SEED"];
  return written ? Number(written) : Math.floor(Math.random() * 1e9);
}
