import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createSieve, type SieveNode } from "../../../src/store/memory/sieve.ts";

interface Node extends SieveNode<Node> {
  readonly name: string;
}

function node(name: string): Node {
  return { name, visited: false, newer: undefined, older: undefined };
}

function filled(names: string): { sieve: ReturnType<typeof createSieve<Node>>; nodes: Map<string, Node> } {
  const sieve = createSieve<Node>();
  const nodes = new Map([...names].map((name) => [name, node(name)]));
  for (const one of nodes.values()) sieve.insert(one);
  return { sieve, nodes };
}

function victims(sieve: ReturnType<typeof createSieve<Node>>): string {
  let names = "";
  for (let victim = sieve.evict(); victim; victim = sieve.evict()) names += victim.name;
  return names;
}

describe("SIEVE", () => {
  test.each([
    ["nothing used: the oldest goes first", "abcd", "", "abcd"],
    ["the used are spared once, in their places", "abcd", "ac", "bdac"],
    ["all used: the oldest goes first all the same", "abc", "abc", "abc"],
    ["one alone, used", "a", "a", "a"],
    ["none", "", "", ""],
  ])("%s", (_, names, used, expected) => {
    const { sieve, nodes } = filled(names);
    for (const name of used) (nodes.get(name) as Node).visited = true;
    expect(victims(sieve)).toBe(expected);
  });

  test("the hand stays where it was: what was spared is not looked at again until it comes round", () => {
    const { sieve, nodes } = filled("abcd");
    (nodes.get("a") as Node).visited = true;
    expect(sieve.evict()?.name).toBe("b");
    sieve.insert(node("e"));
    expect(victims(sieve)).toBe("cdea");
  });

  test("what is used between scans outlives any number of things used once", () => {
    const { sieve, nodes } = filled("abc");
    for (let i = 0; i < 1000; i++) {
      for (const name of "abc") (nodes.get(name) as Node).visited = true;
      sieve.insert(node(`once ${i}`));
      expect(sieve.evict()?.name).toStartWith("once");
    }
  });

  test("each node leaves exactly once, whatever was inserted, used, removed and evicted before", () => {
    const step = fc.record({ act: fc.constantFrom("insert", "use", "remove", "evict"), pick: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const sieve = createSieve<Node>();
        const held: Node[] = [];
        for (const [i, { act, pick }] of steps.entries()) {
          const chosen = held[pick % Math.max(1, held.length)];
          if (act === "insert") {
            const fresh = node(String(i));
            sieve.insert(fresh);
            held.push(fresh);
          } else if (act === "evict") {
            const victim = sieve.evict();
            expect(victim === undefined).toBe(held.length === 0);
            if (victim) expect(held.splice(held.indexOf(victim), 1)).toEqual([victim]);
          } else if (chosen && act === "use") {
            chosen.visited = true;
          } else if (chosen) {
            sieve.remove(chosen);
            held.splice(held.indexOf(chosen), 1);
          }
        }
        const rest: Node[] = [];
        for (let victim = sieve.evict(); victim; victim = sieve.evict()) rest.push(victim);
        expect(new Set(rest)).toEqual(new Set(held));
        expect(rest.length).toBe(held.length);
      }),
    );
  });
});
