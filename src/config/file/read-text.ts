import type { Places } from "./places.ts";
import type { Problem } from "./problem.ts";

/** What a reader of TOML or JSON makes of a text. */
export interface ReadText {
  /** What it says; empty where it could not be read. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly places: Places;
  /** Why it could not be read. */
  readonly problems: readonly Problem[];
}
