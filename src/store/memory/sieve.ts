/** Something a `Sieve` ranks: the links belong to the sieve, `visited` is set by whoever uses the node. */
export interface SieveNode<Node> {
  visited: boolean;
  newer: Node | undefined;
  older: Node | undefined;
}

/**
 * SIEVE (Zhang et al., NSDI 2024): a queue in order of insertion and a hand that moves from old to new, sparing
 * what was used since it last passed. A use sets one bit and moves nothing, so a hit costs next to nothing and a scan
 * of things used once leaves what is used often alone. test/bench/eviction.ts compares its hit ratio with LRU's.
 *
 * It only ranks: the caller holds the nodes and deletes the victims.
 */
export interface Sieve<Node extends SieveNode<Node>> {
  /** The node must not be in a sieve. */
  insert(node: Node): void;
  /** The node must be in this sieve. */
  remove(node: Node): void;
  /** Takes out the node least worth keeping; undefined when there is none. */
  evict(): Node | undefined;
}

export function createSieve<Node extends SieveNode<Node>>(): Sieve<Node> {
  let newest: Node | undefined;
  let oldest: Node | undefined;
  /** The next node to judge; undefined: begin at the oldest. */
  let hand: Node | undefined;

  function insert(node: Node): void {
    node.visited = false;
    node.newer = undefined;
    node.older = newest;
    if (newest === undefined) oldest = node;
    else newest.newer = node;
    newest = node;
  }

  function remove(node: Node): void {
    if (hand === node) hand = node.newer;
    if (node.newer === undefined) newest = node.older;
    else node.newer.older = node.older;
    if (node.older === undefined) oldest = node.newer;
    else node.older.newer = node.newer;
    node.newer = undefined;
    node.older = undefined;
  }

  /** Ends: a node passed over loses its mark, so the second round meets one without. */
  function evict(): Node | undefined {
    let node = hand ?? oldest;
    while (node?.visited) {
      node.visited = false;
      node = node.newer ?? oldest;
    }
    if (node === undefined) return undefined;
    hand = node;
    remove(node);
    return node;
  }

  return { insert, remove, evict };
}
