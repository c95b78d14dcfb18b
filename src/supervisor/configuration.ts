import type { Settings } from "../config/schema.ts";
import type { Plan } from "../sites/plan.ts";

/** All that the operator says, read and checked: of the processes, and of the sites. */
export interface Configuration {
  readonly settings: Settings;
  readonly plan: Plan;
}

/** The same as it has been read, with what the operator should know of it: a line each. */
export interface ReadConfiguration extends Configuration {
  readonly notices: readonly string[];
}

/** Where a configuration comes from. Both reject with a `UsageError` where something is wrong with it. */
export interface ConfigurationSource {
  /** Reads the file, and all that it names, anew; flags and variables are those of the start. */
  read(): Promise<ReadConfiguration>;
  /** Looks whether what it names, such as certificates, can be used as it is now. */
  check(configuration: Configuration): Promise<void>;
}
