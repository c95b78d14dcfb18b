/** How the origin of a request is chosen among those that are well. */
export type Balance = "round-robin" | "least-busy" | "path";

/** One that can be chosen. */
export interface Choosable {
  /** What it is called, in every process and after every start. */
  readonly name: string;
  /** Requests that wait for the head of its answer. */
  readonly waiting: number;
}

/** Chooses one of those that are well, of which there is at least one. */
export type Choose = <Each extends Choosable>(well: readonly [Each, ...Each[]], target: string) => Each;

/** `firstTurn`: any whole number, another one in each worker, so that they do not all begin with the same. */
export function createChoice(balance: Balance, firstTurn: number): Choose {
  let turn = firstTurn;
  /** Those in front of whom it is somebody else's turn come last. */
  function inTurn<Each>(well: readonly [Each, ...Each[]]): readonly [Each, ...Each[]] {
    const start = turn++ % well.length;
    const [first = well[0], ...others] = [...well.slice(start), ...well.slice(0, start)];
    return [first, ...others];
  }

  switch (balance) {
    case "round-robin":
      return (well) => well[turn++ % well.length] ?? well[0];
    case "least-busy":
      return (well) => inTurn(well).reduce((least, each) => (each.waiting < least.waiting ? each : least));
    case "path":
      return (well, target) => {
        const [path = ""] = target.split("?", 1);
        return well.reduce((highest, each) =>
          scoreOf(each, path) > scoreOf(highest, path) ? each : highest,
        );
      };
  }
}

/**
 * Rendezvous hashing: for each path the origins have an order of their own, so that one that goes takes only its own paths
 * away, and has the same ones when it returns.
 */
function scoreOf({ name }: Choosable, path: string): bigint {
  return Bun.hash.wyhash(`${name} ${path}`, 0n);
}
