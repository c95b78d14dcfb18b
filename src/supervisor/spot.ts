/** One place where the workers will listen: an address with a port, or a path. */
export interface Spot {
  /** One name for one place, by whichever name it is asked for: see `claimName`. */
  readonly name: string;
  /** As the operator has written it. */
  readonly written: string;
  /**
   * Why nobody can listen there now, in words; undefined when somebody can. Rejects with a `UsageError` when waiting would
   * not help.
   */
  refusal(): Promise<string | undefined>;
}
