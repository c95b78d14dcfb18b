/** Of each server its turn. */
type Turns = ReadonlyMap<string, { readonly foreignShare: number }>;

/** The share of the servers' core, beyond what is usual, from which on a round is taken for disturbed by others. */
export const tooDisturbed = 0.1;

/**
 * How much others disturbed each round: the largest share of the core that they used during a server's turn, beyond what
 * they used in that server's quietest. What is always there (interrupts, where the kernel books them apart) thus
 * does not count, and neither do the servers' own figures: a round is not left out because one was slow.
 */
export function disturbances(rounds: readonly Turns[]): number[] {
  const quietest = new Map<string, number>();
  for (const [name, { foreignShare }] of rounds.flatMap((round) => [...round])) {
    quietest.set(name, Math.min(foreignShare, quietest.get(name) ?? foreignShare));
  }
  return rounds.map((round) =>
    Math.max(0, ...[...round].map(([name, { foreignShare }]) => foreignShare - (quietest.get(name) ?? 0))),
  );
}

/** So many of the rounds, those that were disturbed least, in their order; and how many of them were nevertheless. */
export function leastDisturbed<Round extends Turns>(
  rounds: readonly Round[],
  wanted: number,
): { readonly rounds: Round[]; readonly disturbed: number } {
  const shares = disturbances(rounds);
  const order = [...rounds.keys()].sort((one, other) => (shares[one] ?? 0) - (shares[other] ?? 0));
  const chosen = new Set(order.slice(0, wanted));
  const disturbed = [...chosen].filter((each) => (shares[each] ?? 0) > tooDisturbed).length;
  return { rounds: rounds.filter((_, index) => chosen.has(index)), disturbed };
}
