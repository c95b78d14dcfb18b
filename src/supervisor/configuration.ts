import type { Settings } from "../config/schema.ts";
import type { Plan } from "../sites/plan.ts";

/** All that the operator says, read and checked: of the processes, and of the sites. */
export interface Configuration {
  readonly settings: Settings;
  readonly plan: Plan;
}
