/** Links of chains: see `createChains`. */
export interface Links<Node> {
  previousAlike: Node | undefined;
  nextAlike: Node | undefined;
  previousMarked: Node | undefined;
  nextMarked: Node | undefined;
}

/**
 * Things by a hash, those of the same in a chain. Two links each cost less than a list for every hash, which the garbage
 * collector would have to visit.
 */
export interface Chains<Node> {
  /** It must be in no chain of these. */
  add(node: Node): void;
  /** It must be in one. */
  delete(node: Node): void;
  /** They may be deleted meanwhile. */
  of(hash: number): Node[];
}

/** `previous` and `next` are the links that these chains use. The hash of a thing does not change. */
export function createChains<Node extends Links<Node>>(
  previous: keyof Links<Node>,
  next: keyof Links<Node>,
  hashOf: (node: Node) => number,
): Chains<Node> {
  const firsts = new Map<number, Node>();

  function link(node: Links<Node>, to: keyof Links<Node>, other: Node | undefined): void {
    node[to] = other;
  }

  return {
    add(node) {
      const hash = hashOf(node);
      const first = firsts.get(hash);
      link(node, next, first);
      if (first !== undefined) link(first, previous, node);
      firsts.set(hash, node);
    },
    delete(node) {
      const [before, after] = [node[previous], node[next]];
      if (after !== undefined) link(after, previous, before);
      if (before !== undefined) link(before, next, after);
      else {
        const hash = hashOf(node);
        if (after === undefined) firsts.delete(hash);
        else firsts.set(hash, after);
      }
      link(node, previous, undefined);
      link(node, next, undefined);
    },
    of(hash) {
      const found: Node[] = [];
      for (let node = firsts.get(hash); node !== undefined; node = node[next]) found.push(node);
      return found;
    },
  };
}
