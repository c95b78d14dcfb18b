/**
 * Hit ratios of SIEVE beside LRU and S3-FIFO, all of the same size, on a zipf(0.9) stream over 100,000 keys, plain and
 * with scans: after each 15,000 requests 5,000 keys that are asked for once. `bun test/bench/eviction.ts`
 */
import { createSieve, type SieveNode } from "../../src/store/memory/sieve.ts";
import { randomFrom } from "./random.ts";

const keys = 100_000;
const requests = 2_000_000;
const scanEvery = 20_000;
const scanLength = 5_000;

function stream(withScans: boolean): Int32Array {
  const cumulative = new Float64Array(keys);
  let total = 0;
  for (let rank = 0; rank < keys; rank++) {
    total += 1 / (rank + 1) ** 0.9;
    cumulative[rank] = total;
  }
  const random = randomFrom(7);
  const zipf = () => {
    const wanted = random() * total;
    let [low, high] = [0, keys - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  let once = keys;
  return Int32Array.from({ length: requests }, (_, i) =>
    withScans && i % scanEvery >= scanEvery - scanLength ? once++ : zipf(),
  );
}

interface Cache {
  /** Whether the key was held; afterwards it is. */
  ask(key: number): boolean;
}

function sieve(capacity: number): Cache {
  interface Node extends SieveNode<Node> {
    readonly key: number;
  }
  const held = new Map<number, Node>();
  const order = createSieve<Node>();
  return {
    ask(key) {
      const known = held.get(key);
      if (known) {
        known.visited = true;
        return true;
      }
      if (held.size >= capacity) {
        const victim = order.evict();
        if (victim) held.delete(victim.key);
      }
      const node: Node = { key, visited: false, newer: undefined, older: undefined };
      held.set(key, node);
      order.insert(node);
      return false;
    },
  };
}

function leastRecentlyUsed(capacity: number): Cache {
  const held = new Set<number>();
  return {
    ask(key) {
      const isHeld = held.delete(key);
      if (!isHeld && held.size >= capacity) {
        for (const oldest of held) {
          held.delete(oldest);
          break;
        }
      }
      held.add(key);
      return isHeld;
    },
  };
}

/** Yang et al., SOSP 2023: a tenth of the room for newcomers, and a memory of those that left it. */
function s3Fifo(capacity: number): Cache {
  interface Entry {
    readonly key: number;
    uses: number;
  }
  const held = new Map<number, Entry>();
  // A Set keeps the order of insertion: taking its first and adding at its end make it a queue.
  const small = new Set<Entry>();
  const main = new Set<Entry>();
  const ghosts = new Set<number>();
  const first = <Item>(queue: Set<Item>): Item | undefined => {
    for (const item of queue) {
      queue.delete(item);
      return item;
    }
    return undefined;
  };
  function evict(): void {
    for (;;) {
      const fromSmall = small.size >= capacity / 10 || main.size === 0;
      const entry = first(fromSmall ? small : main);
      if (entry === undefined) return;
      if (fromSmall && entry.uses > 0) {
        entry.uses = 0;
        main.add(entry);
      } else if (entry.uses > 0) {
        entry.uses--;
        main.add(entry);
      } else {
        held.delete(entry.key);
        if (!fromSmall) return;
        ghosts.add(entry.key);
        if (ghosts.size > capacity) first(ghosts);
        return;
      }
    }
  }
  return {
    ask(key) {
      const known = held.get(key);
      if (known) {
        known.uses = Math.min(3, known.uses + 1);
        return true;
      }
      if (held.size >= capacity) evict();
      const entry = { key, uses: 0 };
      held.set(key, entry);
      (ghosts.delete(key) ? main : small).add(entry);
      return false;
    },
  };
}

const policies = { LRU: leastRecentlyUsed, SIEVE: sieve, "S3-FIFO": s3Fifo };

for (const withScans of [false, true]) {
  const asked = stream(withScans);
  console.log(withScans ? "\nzipf(0.9) with scans (a quarter of the requests)" : "zipf(0.9)");
  console.log(
    `capacity   ${Object.keys(policies)
      .map((name) => name.padStart(8))
      .join("")}   ns a request`,
  );
  for (const capacity of [1_000, 5_000, 10_000, 20_000]) {
    const results = Object.values(policies).map((create) => {
      const cache = create(capacity);
      const begun = Bun.nanoseconds();
      let hits = 0;
      for (const key of asked) if (cache.ask(key)) hits++;
      return { ratio: hits / asked.length, nanoseconds: (Bun.nanoseconds() - begun) / asked.length };
    });
    const ratios = results.map(({ ratio }) => `${(100 * ratio).toFixed(1)} %`.padStart(8)).join("");
    const costs = results.map(({ nanoseconds }) => nanoseconds.toFixed(0)).join(" / ");
    console.log(`${String(capacity).padStart(8)}   ${ratios}   ${costs}`);
  }
}
