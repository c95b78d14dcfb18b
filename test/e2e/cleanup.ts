import { afterEach } from "bun:test";

interface Stoppable {
  stop(): Promise<unknown>;
}

/** Hands back what it is given, which is stopped after the test. */
export type Keep = <Thing extends Stoppable>(thing: Thing) => Thing;

/**
 * For the top of a test file: what is given to the function it returns is stopped after each test, the newest first,
 * also when the test failed.
 */
export function stoppedAfterEach(): Keep {
  const running: Stoppable[] = [];
  afterEach(async () => {
    for (const each of running.splice(0).reverse()) await each.stop();
  });
  return (thing) => {
    running.push(thing);
    return thing;
  };
}
