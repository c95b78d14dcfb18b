/** What is used here of the package, which brings no types. */
declare module "http-cache-tests/tests/index.mjs" {
  export interface Suite {
    readonly id: string;
    readonly tests: readonly Test[];
  }
  export interface Test {
    readonly id: string;
    readonly name: string;
    /** "required" where there is none. */
    readonly kind?: "required" | "optimal" | "check";
    readonly depends_on?: readonly string[];
    readonly browser_only?: boolean;
  }
  const suites: readonly Suite[];
  export default suites;
}

declare module "http-cache-tests/tests/surrogate-control.mjs" {
  import type { Suite } from "http-cache-tests/tests/index.mjs";

  const suite: Suite;
  export default suite;
}

declare module "http-cache-tests/lib/display.mjs" {
  import type { Suite } from "http-cache-tests/tests/index.mjs";
  /** Glyph, colour and symbol of a result; results are true, or the name of the failure and its message. */
  export function determineTestResult(
    suites: readonly Suite[],
    id: string,
    results: Readonly<Record<string, unknown>>,
    honourDependencies?: boolean,
  ): readonly [glyph: string, colour: string, symbol: string];
}
