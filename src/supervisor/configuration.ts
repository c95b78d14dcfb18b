import type { Settings } from "../config/schema.ts";
import type { Plan } from "../sites/plan.ts";

/** All that the operator says, read and checked: of the processes, and of the sites. */
export interface Configuration {
  readonly settings: Settings;
  readonly plan: Plan;
}

/** Where a configuration comes from. Both reject with a `UsageError` where something is wrong with it. */
export interface ConfigurationSource {
  /** Reads the file, and all that it names, anew; flags and variables are those of the start. */
  read(): Promise<Configuration & { readonly notices: readonly string[] }>;
  /** Looks whether what it names, such as certificates, can be used as it is now. */
  check(configuration: Configuration): Promise<void>;
}
